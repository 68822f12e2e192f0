"""HTTP without a client library, which would normalise paths and merge repeated headers."""

import http.client
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class RawResponse:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(base_url: str, method: str, target: str, headers: Headers = (), body: bytes | None = None) -> RawResponse:
    """Send one request; `target` is appended to the base URL's path as it is."""
    base = urlsplit(base_url)
    connection = http.client.HTTPConnection(base.hostname or "", base.port)
    try:
        connection.putrequest(method, base.path + target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        sent = {name.lower(): value for name, value in response.getheaders()}
        return RawResponse(response.status, sent, response.read())
    finally:
        connection.close()
