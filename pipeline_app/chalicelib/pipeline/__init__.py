"""MyDevices' domain."""
