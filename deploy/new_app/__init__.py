"""Writes the smallest app that has what every app has: `python -m deploy new NAME`."""
