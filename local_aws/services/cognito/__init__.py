"""Cognito: what this MiniStack lacks of it."""
