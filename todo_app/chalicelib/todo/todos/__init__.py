"""To-dos: what users keep, list and change."""
