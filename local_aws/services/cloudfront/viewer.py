"""A viewer's request at the edge, and the response to it."""

from dataclasses import dataclass, field
from typing import Any

from local_aws.services.cloudfront.cache_key import CachePolicy, Key
from local_aws.services.cloudfront.configuration import Configuration

Headers = dict[str, Any]
HIT, MISS, REFRESHED, ERROR = "Hit", "Miss", "RefreshHit", "Error"


@dataclass
class ViewerRequest:
    """One request. The viewer-request function changes `uri`, `query` and `headers`; `sent_headers` stay."""

    distribution: dict[str, Any]
    configuration: Configuration
    behavior: dict[str, Any]
    policy: CachePolicy
    method: str
    uri: str
    query: str
    parameters: dict[str, Any]
    headers: Headers
    body: bytes
    client_ip: str
    request_id: str
    sent_headers: Headers
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def is_https(self) -> bool:
        """Whether the viewer used https."""
        return bool(self.sent_headers.get("x-forwarded-proto") == "https")

    @property
    def is_reading(self) -> bool:
        """Whether the method is GET or HEAD."""
        return self.method in ("GET", "HEAD")

    @property
    def is_cached_method(self) -> bool:
        """Whether answers to this method are kept: GET and HEAD, and OPTIONS where the behavior says so."""
        return self.method in self.behavior["cached_methods"]

    def key(self) -> Key:
        """The request's cache key."""
        return self.policy.key(self.method, self.uri, self.query, self.headers, self.cookies)


@dataclass(frozen=True)
class Answer:
    """A response before it is made the viewer's own: the origin's headers in lower case, `result` for X-Cache."""

    status: int
    headers: Headers
    body: bytes
    result: str
    # Of the origin, before a custom error page changed it.
    origin_status: int
    age_seconds: int | None = None
    # Made by CloudFront, not by an origin.
    is_generated: bool = False
