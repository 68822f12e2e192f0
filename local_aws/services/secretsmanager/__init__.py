"""Secrets Manager: what this MiniStack lacks of it."""
