"""The front API: opens the ports of an app that was added after the server's start.

It is HTTP on the embedded AWS's port, for programs and pages of this machine only.

- `GET /_quartet/fronts` lists the fronts.
- `PUT /_quartet/fronts` with `{"app": "new_app", "http_port": 8005, "https_port": 8445}` opens a front until the server
  stops. A front that is open already stays; a port in use is answered with 409.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from local_aws.settings import Front
from local_aws.web.asgi import Disconnected, Receive, Reply, Scope, TooLarge, header, json_reply, whole_body
from local_aws.web.fronts import Fronts
from local_aws.web.listening import PortTaken

PATH = "/_quartet/fronts"
_MAX_BYTES = 1000


class FrontApi:
    """Serves the front API; `open_ports` begins to serve a front's ports."""

    def __init__(self, fronts: Fronts, open_ports: Callable[[Front], Awaitable[None]]) -> None:
        self._fronts = fronts
        self._open_ports = open_ports

    async def reply(self, scope: Scope, receive: Receive) -> Reply | None:
        """Answer a request; None when it is not for this API."""
        if scope["path"] != PATH:
            return None
        if scope["method"] == "PUT":
            return await self._open(scope, receive)
        if scope["method"] == "GET":
            return json_reply(200, [asdict(front) for front in self._fronts.all()])
        return json_reply(405, {"message": "GET or PUT"}, allow="GET, PUT")

    async def _open(self, scope: Scope, receive: Receive) -> Reply:
        # A form of a web page cannot send this content type, whatever origin its browser sends.
        if header(scope, "content-type").partition(";")[0].strip().lower() != "application/json":
            return json_reply(415, {"message": "content-type: expected application/json"})
        try:
            front = _front(json.loads(await whole_body(receive, _MAX_BYTES)))
        except (ValueError, RecursionError, TooLarge, Disconnected):
            return json_reply(400, {"message": 'expected {"app": a name, "http_port": a port, "https_port": a port}'})
        if front not in self._fronts.all():
            try:
                await self._open_ports(front)
            except PortTaken as taken:
                return json_reply(409, {"message": str(taken)})
            self._fronts.add(front)
        return json_reply(200, asdict(front))


def _front(document: object) -> Front:
    if not isinstance(document, dict) or set(document) != {"app", "http_port", "https_port"}:
        raise ValueError
    app, ports = document["app"], (document["http_port"], document["https_port"])
    if not isinstance(app, str) or not all(type(port) is int and 0 < port < 65536 for port in ports):
        raise ValueError
    return Front(app, *ports)
