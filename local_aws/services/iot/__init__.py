"""IoT Core: completes MiniStack's."""
