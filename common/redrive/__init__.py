"""Redrive: what is in a dead-letter queue is handled again. Only the operators' tasks use it."""
