"""Keeps web pages of other sites from using the embedded AWS.

Any page in the developer's browser can send requests to 127.0.0.1. MiniStack answers every origin, and its root key is
public, so a page could delete the state or create functions, which are programs on this machine.
As on AWS, any page may use presigned URLs of users and roles, APIs, distributions and Cognito. Pages of other sites may
not use local paths (`/_ministack/...`, `/_quartet/...`) or requests that the root key signed. A form names its signer
in its body, which only MiniStack reads; `local_aws.services.s3.presigned_posts` makes this check for forms.
"""

import ipaddress
import re
from contextvars import ContextVar
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from local_aws.settings import ROOT_ACCESS_KEY
from local_aws.web.asgi import Reply, Scope, header, json_reply

ROOT_REFUSAL = "only pages and programs of this machine may use the root key"
_LOCAL_PATHS = ("/_ministack/", "/_quartet/", "/_localstack/")
# AWS's host names, which a client may send to this port. No other party can make them resolve to this machine.
_AWS_NAMES = (".amazonaws.com", ".cloudfront.net", ".on.aws")
# The access key in an Authorization header of Signature Version 4 or 2.
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)|^AWS ([^:\s]+):")
_ACCOUNT_AS_KEY = re.compile(r"\d{12}")
# Clients use few names; a name is as long as a header may be.
_CACHED = 64
_accepts_root_key: ContextVar[bool] = ContextVar("accepts_root_key", default=True)


@lru_cache(_CACHED)
def is_local_name(name: str) -> bool:
    """Whether a host name (without port) can only mean this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def has_local_host(scope: Scope) -> bool:
    """Whether the Host header is a local name. Other names that resolve to this machine are not (DNS rebinding)."""
    return is_local_name(_host_name(f"//{header(scope, 'host')}"))


def is_cross_site(scope: Scope) -> bool:
    """Whether a browser sends this request for a page of another site."""
    origin = header(scope, "origin")
    is_other_origin = bool(origin) and not is_local_name(_host_name(origin))
    return is_other_origin or header(scope, "sec-fetch-site") == "cross-site"


def refusal(scope: Scope) -> Reply | None:
    """A 403 if only this machine's pages and programs may send this request; otherwise None."""
    is_own = has_local_host(scope) and not is_cross_site(scope)
    if not is_own and scope["path"].startswith(_LOCAL_PATHS):
        return json_reply(403, {"message": "only pages and programs of this machine may send this request"})
    if not _may_use_root(scope) and _signed_by_root(scope):
        return json_reply(403, {"__type": "AccessDeniedException", "message": ROOT_REFUSAL})
    return None


def record_sender(scope: Scope) -> None:
    """Record, for this request, whether its sender may use the root key."""
    _accepts_root_key.set(_may_use_root(scope))


def accepts_root_key() -> bool:
    """Whether the sender of the current request may use the root key."""
    return _accepts_root_key.get()


def _may_use_root(scope: Scope) -> bool:
    has_aws_host = _host_name(f"//{header(scope, 'host')}").endswith(_AWS_NAMES)
    return (has_local_host(scope) or has_aws_host) and not is_cross_site(scope)


@lru_cache(_CACHED)
def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _signed_by_root(scope: Scope) -> bool:
    """Whether any credential in the request is root's, because MiniStack may use any of them."""
    keys = [v4 or v2 for v4, v2 in _CREDENTIAL.findall(header(scope, "authorization"))]
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    for name, values in query.items():
        # MiniStack accepts these names in any case.
        if name.lower() in ("x-amz-credential", "awsaccesskeyid"):
            keys += [value.partition("/")[0] for value in values]
    return any(key == ROOT_ACCESS_KEY or _ACCOUNT_AS_KEY.fullmatch(key) for key in keys)
