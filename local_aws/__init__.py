"""The embedded AWS: MiniStack served in our own process, plus one module per extension."""
