"""Search: an index of the published posts, and the search in it."""
