"""The embedded AWS held against AWS's documentation."""
