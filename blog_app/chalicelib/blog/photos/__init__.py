"""Photos: what authors send, what is made of it, and what is kept of it."""
