"""What a stage is and says: its status, outputs, logs and tokens."""
