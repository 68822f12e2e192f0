"""IAM: completes MiniStack's."""
