"""SNS: what this MiniStack lacks of it."""
