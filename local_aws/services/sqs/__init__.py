"""SQS: completes MiniStack's."""
