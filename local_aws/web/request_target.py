"""Requests whose target is a whole URL, as `GET http://localhost:8001/posts HTTP/1.1`.

A server accepts this form too, and uses the URL's host in place of the Host header
(https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2). Clients send it to proxies, and some to every server.
"""

import re
from urllib.parse import unquote

from local_aws.web.asgi import Scope

_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def in_origin_form(scope: Scope) -> Scope:
    """The scope of a request, with path and Host in place of a URL."""
    url = _ABSOLUTE.fullmatch(scope.get("raw_path") or b"")
    if url is None:
        return scope
    host, path = url[1].rpartition(b"@")[2], url[2] or b"/"
    headers = [(b"host", host), *((name, value) for name, value in scope["headers"] if name.lower() != b"host")]
    return {**scope, "raw_path": path, "path": unquote(path.decode("ascii", "replace")), "headers": headers}
