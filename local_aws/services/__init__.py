"""One package for each AWS service: the hooks on MiniStack beside the code that they call."""
