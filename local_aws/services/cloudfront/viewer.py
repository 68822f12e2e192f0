"""The viewer request at the edge, and the edge's response."""

from dataclasses import dataclass, field
from typing import Any

from local_aws.services.cloudfront.cache_key import CachePolicy, Key
from local_aws.services.cloudfront.configuration import Configuration
from local_aws.services.cloudfront.private_content.parameters import COOKIE_NAMES

Headers = dict[str, Any]
HIT, MISS, REFRESHED, ERROR = "Hit", "Miss", "RefreshHit", "Error"


@dataclass
class ViewerRequest:
    """A viewer request. The viewer-request function may change `uri`, `query`, `headers` and `cookies`.

    `sent_headers` are the headers that the viewer sent.
    """

    distribution: dict[str, Any]
    configuration: Configuration
    behavior: dict[str, Any]
    policy: CachePolicy
    method: str
    uri: str
    query: str
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
    def parameters(self) -> dict[str, list[str]]:
        """The query string's parameters by name, percent-encoded as the viewer sent them."""
        parameters: dict[str, list[str]] = {}
        for pair in filter(None, self.query.split("&")):
            name, _, value = pair.partition("=")
            parameters.setdefault(name, []).append(value)
        return parameters

    @property
    def is_get_or_head(self) -> bool:
        """Whether the method is GET or HEAD."""
        return self.method in ("GET", "HEAD")

    @property
    def is_cached_method(self) -> bool:
        """Whether responses to this method are cached: GET and HEAD, and OPTIONS if the cache behavior includes it."""
        return self.method in self.behavior["cached_methods"]

    def key(self) -> Key:
        """The request's cache key. It never includes signed cookies.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-cookies.html
        """
        cookies = self.cookies
        if cookies and self.behavior["trusted_key_groups"]:
            cookies = {name: value for name, value in cookies.items() if name not in COOKIE_NAMES}
        return self.policy.key(self.method, self.uri, self.query, self.headers, cookies)


@dataclass(frozen=True)
class EdgeResponse:
    """A response from the cache or the origin: headers in lower case, `result` for X-Cache."""

    status: int
    headers: Headers
    body: bytes
    result: str
    # The origin's status, before a custom error page changed it.
    origin_status: int
    age_seconds: int | None = None
    # CloudFront generated the response; the origin did not.
    is_generated: bool = False
