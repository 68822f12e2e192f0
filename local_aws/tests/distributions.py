"""Distributions for the conformance tests, and an origin with the pages of a test, which records its requests."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local_aws.testing import EmbeddedAws
from local_aws.tests.http_call import Response, call

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
_numbers = itertools.count(1)


@dataclass
class Page:
    """The origin's response for one path."""

    body: bytes = b"hello"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    # The answer waits for it.
    gate: threading.Event | None = None
    is_chunked: bool = False


@dataclass
class Asked:
    """One request that reached the origin; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]


def _framing(page: Page) -> tuple[str, str]:
    return ("Transfer-Encoding", "chunked") if page.is_chunked else ("Content-Length", str(len(page.body)))


def _framed(page: Page) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(page.body), page.body) if page.is_chunked else page.body


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: an edge that stopped waiting closes the connection."""


class Origin:
    """An HTTP server with the pages that a test gives it. It honours If-None-Match, and Range where a page says so."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                origin.asked.append(Asked(self.command, self.path, headers))
                page = origin.pages.get(self.path.partition("?")[0], Page(b"no such page", 404))
                if page.gate:
                    page.gate.wait()
                self._send(page, headers)

            def _send(self, page: Page, headers: dict[str, str]) -> None:
                tag = page.headers.get("ETag")
                is_current = tag is not None and headers.get("if-none-match") == tag
                self.send_response(304 if is_current else page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                if not is_current:
                    self.send_header(*_framing(page))
                self.end_headers()
                if self.command != "HEAD" and not is_current:
                    self.wfile.write(_framed(page))

            def log_message(self, *arguments: object) -> None: ...

        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
            setattr(Handler, f"do_{method}", Handler.respond)
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def asked_for(self, path: str) -> list[Asked]:
        """The requests for one path, whatever its query."""
        return [asked for asked in self.asked if asked.path.partition("?")[0] == path]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running_origin() -> Iterator[Origin]:
    origin = Origin()
    try:
        yield origin
    finally:
        origin.close()


def custom(port: int, name: str = "origin", **settings: Any) -> dict[str, Any]:
    """An origin of a distribution: plain http on this machine."""
    connection = {
        "HTTPPort": port,
        "HTTPSPort": 443,
        "OriginProtocolPolicy": "http-only",
        "OriginReadTimeout": 5,
    }
    return {"Id": name, "DomainName": "127.0.0.1", "CustomOriginConfig": connection | settings}


def listed(*items: Any) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": list(items)} if items else {"Quantity": 0}


READING = listed("GET", "HEAD", "OPTIONS")
NO_ERROR_KEPT = listed(*({"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in (404, 500, 502, 503, 504)))


def behavior(policy: str = CACHING_OPTIMIZED, target: str = "origin", **settings: Any) -> dict[str, Any]:
    return {"TargetOriginId": target, "ViewerProtocolPolicy": "allow-all", "CachePolicyId": policy, **settings}


@dataclass
class Distribution:
    """A distribution, and a viewer's requests to it."""

    aws: EmbeddedAws
    id: str
    domain: str
    arn: str

    def get(self, path: str, headers: dict[str, str] | None = None) -> Response:
        return self.ask("GET", path, headers)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Response:
        return call(
            self.aws, self.domain.replace(".cloudfront.net", ".cloudfront.localhost"), method, path, headers, body
        )

    def invalidate(self, *paths: str, reference: str | None = None) -> dict[str, Any]:
        batch = {"Paths": listed(*paths), "CallerReference": reference or f"invalidation-{next(_numbers)}"}
        made = self.aws.client("cloudfront").create_invalidation(DistributionId=self.id, InvalidationBatch=batch)
        return dict(made["Invalidation"])


def distribution(
    aws: EmbeddedAws,
    origins: list[dict[str, Any]],
    default: dict[str, Any],
    behaviors: dict[str, dict[str, Any]] | None = None,
    **settings: Any,
) -> Distribution:
    """A new distribution."""
    patterns = [{"PathPattern": pattern, **options} for pattern, options in (behaviors or {}).items()]
    config = {
        "CallerReference": f"distribution-{next(_numbers)}",
        "Comment": "",
        "Enabled": True,
        "Origins": listed(*origins),
        "DefaultCacheBehavior": default,
        "CacheBehaviors": listed(*patterns),
        **settings,
    }
    made = aws.client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]
    return Distribution(aws, made["Id"], made["DomainName"], made["ARN"])


def group(first, second, *codes):
    return {
        "Id": "both",
        "FailoverCriteria": {"StatusCodes": listed(*codes)},
        "Members": listed({"OriginId": first}, {"OriginId": second}),
    }


def grouped(aws, first, second, codes, **settings):
    """A distribution whose default behavior goes to an origin group."""
    return distribution(
        aws,
        [first, second],
        behavior(settings.pop("policy", CACHING_DISABLED), "both", AllowedMethods=READING, **settings),
        OriginGroups=listed(group(first["Id"], second["Id"], *codes)),
        CustomErrorResponses=NO_ERROR_KEPT,
    )


def cache_policy(
    aws: EmbeddedAws, *, ttls: tuple[int, int, int] = (0, 60, 3600), gzip: bool = False, **choices: Any
) -> str:
    """The id of a new cache policy; `headers`, `cookies`, `query` are a behavior, or the names in the cache key."""
    minimum, default, maximum = ttls
    config = {
        "Name": f"policy-{next(_numbers)}",
        "MinTTL": minimum,
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": gzip,
            "EnableAcceptEncodingBrotli": gzip,
            "HeadersConfig": _choice("Header", "Headers", choices.get("headers")),
            "CookiesConfig": _choice("Cookie", "Cookies", choices.get("cookies")),
            "QueryStringsConfig": _choice("QueryString", "QueryStrings", choices.get("query")),
        },
    }
    return str(aws.client("cloudfront").create_cache_policy(CachePolicyConfig=config)["CachePolicy"]["Id"])


def _choice(kind: str, plural: str, wanted: str | list[str] | None) -> dict[str, Any]:
    if wanted is None or isinstance(wanted, str):
        return {f"{kind}Behavior": wanted or "none"}
    return {f"{kind}Behavior": "whitelist", plural: listed(*wanted)}


def result(response: Response) -> str:
    """`Hit`, `Miss`, `RefreshHit`, `Error`, ... of X-Cache."""
    return response.headers["X-Cache"].removesuffix(" from cloudfront")
