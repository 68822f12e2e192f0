"""SNS: completes MiniStack's."""
