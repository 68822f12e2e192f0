"""SQS: what this MiniStack lacks of it."""
