"""The cache API: how many reads the caches of DAX clusters have answered. HTTP, for programs of this machine only.

`GET /_quartet/dax` returns `clusters`: by name (with its region, if that is not the server's own) the endpoint, the
number of requests, hits and misses of both caches, and what they hold. AWS has these numbers as metrics of CloudWatch:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/dax-metrics-dimensions-dax.html
"""

from typing import Any

from local_aws.services.dax.endpoints import Endpoint, all_endpoints
from local_aws.settings import REGION
from local_aws.web.asgi import Receive, Reply, Scope, json_reply

PATH = "/_quartet/dax"


class DaxApi:
    """Serves the cache API."""

    async def reply(self, scope: Scope, _receive: Receive) -> Reply | None:
        """Answer a request; None when it is not for this API."""
        if scope["path"] != PATH:
            return None
        if scope["method"] != "GET":
            return json_reply(405, {"message": "GET"}, allow="GET")
        return json_reply(200, {"clusters": {_name(each): _counts(each) for each in all_endpoints()}})


def _name(endpoint: Endpoint) -> str:
    _, region, name = endpoint.key
    return name if region == REGION else f"{region}/{name}"


def _counts(endpoint: Endpoint) -> dict[str, Any]:
    node = endpoint.node
    return {
        "endpoint": endpoint.url,
        "requests": node.requests,
        "item_hits": node.items.counts.hits,
        "item_misses": node.items.counts.misses,
        "query_hits": node.queries.counts.hits,
        "query_misses": node.queries.counts.misses,
        "items": len(node.items),
        "queries": len(node.queries),
        "bytes": node.items.bytes + node.queries.bytes,
    }
