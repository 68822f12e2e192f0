"""Delivery: valid messages to rows of the telemetry table, the others to quarantine, and the counts of each batch."""
