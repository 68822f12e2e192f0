"""CloudFront: completes MiniStack's with the cache of an edge.

A viewer request passes `viewer_requests` (the hook), `edge` (checks and viewer functions), `caching_client` (cache) and
`origin_client` (origins). `cache_key` computes the cache key, `cache_control` the freshness of a response.
"""
