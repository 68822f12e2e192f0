"""Calling AWS: clients, their errors and retries."""
