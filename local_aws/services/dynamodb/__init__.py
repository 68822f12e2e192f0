"""DynamoDB: completes MiniStack's: global tables, streams, time to live."""
