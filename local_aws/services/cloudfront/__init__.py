"""What the CloudFront extensions share: the cache of an edge, and how a viewer's request passes it."""
