"""Dead letters: what is in a dead-letter queue is handled again."""
