"""Simulated devices: what they measure, their MQTT connections, and the ledger of what was acknowledged."""
