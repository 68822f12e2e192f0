"""Telemetry: one message of a device, decoded, validated and normalised."""
