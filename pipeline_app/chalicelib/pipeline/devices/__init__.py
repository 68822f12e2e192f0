"""Devices: AWS IoT things, each with its own certificate that publishes on its own topic only."""
