"""The embedded AWS's tests, written from AWS's documentation."""
