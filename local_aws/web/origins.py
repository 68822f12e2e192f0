"""Web pages from elsewhere cannot use the embedded AWS.

The developer's browser can reach 127.0.0.1 for any page that it shows. MiniStack answers every origin, and its root key
is public, so a page could delete the state or create functions, which are programs on this machine.
What is public on AWS accepts requests from any page: presigned URLs of users and roles, APIs, distributions, Cognito.
Local paths (`/_ministack/...`, `/_quartet/...`) and requests that the root key signed are refused to pages from
elsewhere. A form names its signer in its body, which only MiniStack reads; `local_aws.services.s3.presigned_posts`
calls this module then.
"""

import ipaddress
import re
from contextvars import ContextVar
from urllib.parse import parse_qs, urlsplit

from local_aws.settings import ROOT_ACCESS_KEY
from local_aws.web.asgi import Reply, Scope, header, json_reply

ROOT_REFUSAL = "the root key is for this machine's own pages and programs"
_LOCAL_PATHS = ("/_ministack/", "/_quartet/", "/_localstack/")
# Names of AWS's own that a client may send to this port; nobody else can make them resolve to this machine.
_AWS_NAMES = (".amazonaws.com", ".cloudfront.net", ".on.aws")
# Of an Authorization header, in Signature Version 4 and in 2.
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)|^AWS ([^:\s]+):")
_ACCOUNT_AS_KEY = re.compile(r"\d{12}")
_takes_root: ContextVar[bool] = ContextVar("takes_root", default=True)


def is_local_name(name: str) -> bool:
    """Whether a host name (without port) can only mean this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def has_local_host(scope: Scope) -> bool:
    """Whether the Host header means this machine; a name that merely resolves to it does not (DNS rebinding)."""
    return is_local_name(_host_name(f"//{header(scope, 'host')}"))


def is_from_elsewhere(scope: Scope) -> bool:
    """Whether a browser sends this for a page that is not this machine's own."""
    origin = header(scope, "origin")
    is_foreign = bool(origin) and not is_local_name(_host_name(origin))
    return is_foreign or header(scope, "sec-fetch-site") == "cross-site"


def refusal(scope: Scope) -> Reply | None:
    """A 403 for a request of a page from elsewhere that only this machine's pages and programs may send."""
    is_own = has_local_host(scope) and not is_from_elsewhere(scope)
    if not is_own and scope["path"].startswith(_LOCAL_PATHS):
        return json_reply(403, {"message": "only this machine's own pages and programs may ask this"})
    if not _may_use_root(scope) and _signed_by_root(scope):
        return json_reply(403, {"__type": "AccessDeniedException", "message": ROOT_REFUSAL})
    return None


def note_sender(scope: Scope) -> None:
    """Remember, for the time of this request, whether it may carry anything that the root key signed."""
    _takes_root.set(_may_use_root(scope))


def takes_root() -> bool:
    """Whether the request that is served now may carry what the root key signed."""
    return _takes_root.get()


def _may_use_root(scope: Scope) -> bool:
    named_by_aws = _host_name(f"//{header(scope, 'host')}").endswith(_AWS_NAMES)
    return (has_local_host(scope) or named_by_aws) and not is_from_elsewhere(scope)


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _signed_by_root(scope: Scope) -> bool:
    """Whether any credential in the request is root's, since MiniStack decides which of them it uses."""
    keys = [v4 or v2 for v4, v2 in _CREDENTIAL.findall(header(scope, "authorization"))]
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    for name, values in query.items():
        # MiniStack reads these names in lower case as well.
        if name.lower() in ("x-amz-credential", "awsaccesskeyid"):
            keys += [value.partition("/")[0] for value in values]
    return any(key == ROOT_ACCESS_KEY or _ACCOUNT_AS_KEY.fullmatch(key) for key in keys)
