"""The replication API: sets and shows the replication lag of global tables, for tests and demonstrations.

It is HTTP on the embedded AWS's port, for programs and pages of this machine only.

- `GET /_quartet/replication` returns the lag and the number of pending writes by account, table and regions.
- `PUT /_quartet/replication` with `{"lag_ms": 2000}` sets the lag, for pending writes too.

    curl -X PUT -d '{"lag_ms": 2000}' -H 'content-type: application/json' http://localhost:8000/_quartet/replication
"""

import json
from typing import Any

from local_aws.services.dynamodb.replication import Replication
from local_aws.web.asgi import Disconnected, Receive, Reply, Scope, TooLarge, header, json_reply, whole_body

PATH = "/_quartet/replication"
_MAX_BYTES = 1000
_MAX_LAG_MS = 3_600_000


class ReplicationApi:
    """Serves the replication API."""

    def __init__(self, replication: Replication) -> None:
        self._replication = replication

    async def reply(self, scope: Scope, receive: Receive) -> Reply | None:
        """Answer a request; None when it is not for this API."""
        if scope["path"] != PATH:
            return None
        if scope["method"] == "PUT":
            return await self._set(scope, receive)
        if scope["method"] == "GET":
            return json_reply(200, self._status())
        return json_reply(405, {"message": "GET or PUT"}, allow="GET, PUT")

    async def _set(self, scope: Scope, receive: Receive) -> Reply:
        # A form of a web page cannot send this content type, whatever origin its browser sends.
        if header(scope, "content-type").partition(";")[0].strip().lower() != "application/json":
            return json_reply(415, {"message": "content-type: expected application/json"})
        try:
            lag_ms = _lag_ms(json.loads(await whole_body(receive, _MAX_BYTES)))
        except (ValueError, RecursionError, TooLarge, Disconnected):
            message = f'expected {{"lag_ms": a number from 0 to {_MAX_LAG_MS}}}'
            return json_reply(400, {"field": "lag_ms", "message": message})
        self._replication.lag_seconds = lag_ms / 1000
        self._replication.has_news.set()
        return json_reply(200, self._status())

    def _status(self) -> dict[str, Any]:
        pending = [{**link._asdict(), "writes": count} for link, count in self._replication.pending().items()]
        return {"lag_ms": round(self._replication.lag_seconds * 1000), "pending": pending}


def _lag_ms(document: Any) -> float:
    lag = document.get("lag_ms") if isinstance(document, dict) and set(document) == {"lag_ms"} else None
    if isinstance(lag, bool) or not isinstance(lag, int | float) or not 0 <= lag <= _MAX_LAG_MS:
        raise ValueError
    return float(lag)
