"""No web page of somebody else's may use the embedded AWS.

The developer's browser reaches 127.0.0.1 for any page it shows. MiniStack answers every origin, and its root key is
known to all, so without this a page could empty the state or create functions, which are programs on this machine.
Pages may call what is public on AWS too (S3 by presigned URLs, APIs, CloudFront); they may not use what is only local.
"""

import ipaddress
from urllib.parse import urlsplit

from local_aws.asgi import Reply, Scope, header, json_reply

_LOCAL_PATHS = ("/_ministack/", "/_quartet/", "/_localstack/")


def is_local_name(name: str) -> bool:
    """Whether a host name (without port) can only mean this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def is_foreign(origin: str) -> bool:
    """Whether an Origin header names a page that is not this machine's own."""
    return bool(origin) and not is_local_name(urlsplit(origin).hostname or "")


def has_local_host(scope: Scope) -> bool:
    """Whether the Host header means this machine; a name that merely resolves to it does not (DNS rebinding)."""
    return is_local_name(urlsplit(f"//{header(scope, 'host')}").hostname or "")


def refusal(scope: Scope) -> Reply | None:
    """A 403 for what only this machine may ask, asked by a page from elsewhere."""
    if not scope["path"].startswith(_LOCAL_PATHS):
        return None
    from_elsewhere = is_foreign(header(scope, "origin")) or header(scope, "sec-fetch-site") == "cross-site"
    if from_elsewhere or not has_local_host(scope):
        return json_reply(403, {"message": "only this machine's own pages and programs may ask this"})
    return None
