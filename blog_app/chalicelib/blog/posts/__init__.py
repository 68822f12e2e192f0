"""Posts: what authors write and readers read."""
