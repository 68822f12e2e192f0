"""Secrets Manager: completes MiniStack's."""
