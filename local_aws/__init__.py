"""The embedded AWS: MiniStack in our own process, with modules that correct and complete it."""
