"""CloudWatch Logs: what this MiniStack lacks of it."""
