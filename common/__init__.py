"""What every function of every app shares, and nothing that only one needs."""
