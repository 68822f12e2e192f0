"""CloudFront: what this MiniStack lacks of it, above all the cache of an edge, and how a viewer's request passes it."""
