"""S3: completes MiniStack's."""
