"""Commands that read a stage: status, outputs, logs, tokens."""
