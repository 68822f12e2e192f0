"""IAM: what this MiniStack lacks of it."""
