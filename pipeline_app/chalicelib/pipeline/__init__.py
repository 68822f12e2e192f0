"""MyDevices: what devices measure, from their messages to alerts, reports and the warehouse."""
