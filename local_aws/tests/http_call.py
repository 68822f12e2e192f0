"""Plain HTTP to an API's stage or a distribution: connect to loopback, name the host in the Host header."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from local_aws.testing import EmbeddedAws


@dataclass
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(
    aws: EmbeddedAws,
    host: str,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Response:
    """Send one request; `path` is sent unchanged."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.port)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", f"{host}:{aws.port}")
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Response(response.status, response.headers, response.read())
    finally:
        connection.close()


def call_api(
    aws: EmbeddedAws,
    api_id: str,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Response:
    """Send one request to an API; `path` starts with its stage."""
    return call(aws, f"{api_id}.execute-api.localhost", method, path, headers, body)
