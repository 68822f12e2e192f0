"""CloudWatch Logs: completes MiniStack's."""
