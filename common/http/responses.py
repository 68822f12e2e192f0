"""Successful responses."""

from collections.abc import Mapping
from typing import Any

import msgspec
from chalice.app import Response

_encoder = msgspec.json.Encoder()


def json(value: Any, headers: Mapping[str, str], status: int = 200) -> Response:
    """Answer with a JSON body."""
    return Response(_encoder.encode(value).decode(), {"Content-Type": "application/json", **headers}, status)


def html(page: str, headers: Mapping[str, str], status: int = 200) -> Response:
    """Answer with an HTML page."""
    return Response(page, {"Content-Type": "text/html; charset=utf-8", **headers}, status)


def csv(document: str, headers: Mapping[str, str], status: int = 200) -> Response:
    """Answer with a CSV document."""
    return Response(document, {"Content-Type": "text/csv; charset=utf-8", **headers}, status)


def empty(status: int = 204, headers: Mapping[str, str] | None = None) -> Response:
    """Answer without a body: 202, 204, 301 or 304."""
    return Response("", {**(headers or {})}, status)
