"""Serves each app's CloudFront distribution on ports of its own, its front.

MiniStack serves a distribution under `{label}.cloudfront.localhost`, a name that browsers resolve and most programs
do not. A front calls the same data plane for each request on its ports, with the viewer's scheme and Host, so the app
sees the same request as behind CloudFront. The front's distribution is the one with the tag `quartet:app=<app>`.

Limits of URL and headers are CloudFront's
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html), and a request
beyond them is answered 413 (.../DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html).
"""

import html
from typing import Any
from urllib.parse import parse_qs, unquote

from local_aws.settings import ACCOUNT_ID, Front, Settings
from local_aws.web.asgi import Disconnected, Receive, Reply, Scope, Send, TooLarge, header, joined_headers, json_reply
from local_aws.web.asgi import whole_body as _whole_body

APP_TAG = "quartet:app"
_URL_BYTES = 8_192
_REQUEST_BYTES = 20_480
# CloudFront accepts much larger bodies. This limits the memory that one request uses.
_BODY_BYTES = 200 * 1024 * 1024


class Fronts:
    """Serves the requests to the fronts' ports."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._by_port: dict[int, Front] = {}
        for front in settings.fronts:
            self.add(front)

    def add(self, front: Front) -> None:
        """Serve requests to a front's ports."""
        self._by_port |= {front.http_port: front, front.https_port: front}

    def all(self) -> list[Front]:
        """The fronts, in the order in which they were added."""
        return list(dict.fromkeys(self._by_port.values()))

    def at(self, scope: Scope) -> Front | None:
        """The front of the port that a request was sent to."""
        server = scope.get("server")
        return self._by_port.get(server[1]) if server else None

    async def serve(self, front: Front, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request from the front's distribution."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        distribution = distribution_of(front.app)
        refusal = _too_long(scope) or (None if distribution else _not_deployed(front, scope))
        if refusal:
            await refusal.send(send)
            return
        try:
            body = await _whole_body(receive, _BODY_BYTES)
        except TooLarge:
            await _too_large(f"the body is larger than {_BODY_BYTES} bytes").send(send)
        except Disconnected:
            return
        else:
            await self._call_distribution(front, distribution, scope, body, receive, send)

    async def _call_distribution(
        self, front: Front, distribution: Any, scope: Scope, body: bytes, receive: Receive, send: Send
    ) -> None:
        from ministack import app as ministack  # noqa: PLC0415 - after the environment is prepared
        from ministack.core import iam_evaluator, responses  # noqa: PLC0415
        from ministack.services import cloudfront  # noqa: PLC0415

        client = (scope.get("client") or (self._settings.host,))[0]
        responses.set_request_account_id(ACCOUNT_ID)
        responses.set_request_region(self._settings.region)
        responses.set_request_client_ip(client)
        iam_evaluator.pin_request_origin(client, scope["scheme"] == "https")
        query = scope.get("query_string", b"").decode("utf-8", "replace")
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace")
        response = await cloudfront.handle_viewer_request(
            distribution,
            scope["method"],
            unquote(raw_path),
            raw_path,
            query,
            # The port determines the viewer's scheme; the viewer's own header is ignored.
            {**joined_headers(scope["headers"]), "x-forwarded-proto": scope["scheme"]},
            body,
            parse_qs(query, keep_blank_values=True),
            client,
        )
        _redirect_to_front(front, response[1])
        await ministack._send_if_handled(ministack._with_date_header(send), response, receive)


def distribution_of(app: str) -> dict[str, Any] | None:
    """The enabled distribution with `app`'s tag; the newest, if there are two."""
    from ministack.services import cloudfront  # noqa: PLC0415

    distributions = [
        distribution
        for distribution in cloudfront._distributions.values()
        if {"Key": APP_TAG, "Value": app} in cloudfront._tags.get(distribution["ARN"], [])
        and distribution.get("enabled", True)
    ]
    return max(distributions, key=lambda distribution: str(distribution.get("LastModifiedTime", "")), default=None)


def _redirect_to_front(front: Front, headers: dict[str, Any]) -> None:
    """Set the front's https port in CloudFront's redirect to https."""
    if headers.get("X-Cache") == "Redirect from cloudfront":
        old, new = f":{front.http_port}/", f":{front.https_port}/"
        headers["Location"] = headers["Location"].replace(old, new, 1)


def _too_long(scope: Scope) -> Reply | None:
    url = len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
    if url > _URL_BYTES:
        return _too_large(f"the URL is longer than {_URL_BYTES} bytes")
    if url + sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > _REQUEST_BYTES:
        return _too_large(f"the request without its body is longer than {_REQUEST_BYTES} bytes")
    return None


def _too_large(message: str) -> Reply:
    return json_reply(413, {"message": message})


def _not_deployed(front: Front, scope: Scope) -> Reply:
    message = f"{front.app} is not deployed yet"
    if "text/html" in header(scope, "accept"):
        page = f"<!doctype html><title>{html.escape(message)}</title><h1>{html.escape(message)}</h1>"
        return Reply(503, page.encode(), headers={"retry-after": "5"})
    return json_reply(503, {"message": message}, **{"retry-after": "5"})
