"""Global tables' replication, and the API that sets its lag."""
