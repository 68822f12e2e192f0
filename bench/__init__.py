"""Measurements of speed and size: ours against a named reference, both in the same run."""
