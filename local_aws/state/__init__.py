"""Saves the state of all services, and loads it at the next start."""
