"""Subscribers, and the mail that they get."""
