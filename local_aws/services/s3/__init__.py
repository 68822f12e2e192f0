"""S3: what this MiniStack lacks of it."""
