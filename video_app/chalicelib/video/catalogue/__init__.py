"""The catalogue: what there is to watch."""
