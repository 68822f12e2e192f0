"""STS: completes MiniStack's."""
