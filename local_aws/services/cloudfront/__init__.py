"""CloudFront: completes MiniStack's with the cache of an edge.

A viewer request passes `viewer_requests` (the hook), `edge` (checks and viewer functions), `caching_client` (cache) and
`origin_client` (origins). `private_content` verifies signed URLs and cookies, `cache_key` computes the cache key, and
`cache_control` the freshness of a response.
"""
