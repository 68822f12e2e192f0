"""The users' files: those of a to-do are deleted after it."""
