"""The parts of ASGI that the server's pages and fronts use."""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Reply:
    """One complete response."""

    status: int
    body: bytes
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, send: Send) -> None:
        """Send the response. Its headers forbid caching, frames, and loading resources from other sites."""
        headers = {
            "content-type": self.content_type,
            "content-length": str(len(self.body)),
            "date": formatdate(usegmt=True),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            **self.headers,
        }
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        await send({"type": "http.response.body", "body": self.body})


def json_reply(status: int, content: object, **headers: str) -> Reply:
    """A JSON response."""
    return Reply(status, json.dumps(content, indent=2).encode() + b"\n", "application/json", headers)


def header(scope: Scope, name: str) -> str:
    """The value of a request header, or an empty string."""
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted), "")


def joined_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The request headers by lower-case name; repeated headers are joined (RFC 9110 section 5.2)."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        separator = "; " if name == "cookie" else ", "
        joined[name] = f"{joined[name]}{separator}{value}" if name in joined else value
    return joined


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


class TooLarge(Exception):
    """The request's body is larger than the reader accepts."""


class Disconnected(Exception):
    """The client disconnected before its body was complete."""


async def whole_body(receive: Receive, at_most: int) -> bytes:
    """Read the request's body.

    Raises
    ------
    TooLarge
        The body has more than `at_most` bytes.
    Disconnected
        The client disconnected.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if size > at_most:
            raise TooLarge
        if not message.get("more_body", False):
            return b"".join(chunks)
