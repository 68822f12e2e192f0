"""Health: what came in, what became of it, and what waits."""
