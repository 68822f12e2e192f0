"""STS: what this MiniStack lacks of it."""
