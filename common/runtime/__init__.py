"""Running as a Lambda function: settings, logs, deadlines, batches."""
