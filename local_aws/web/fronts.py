"""Fronts: each app's CloudFront distribution on a port of its own.

MiniStack serves a distribution under `{label}.cloudfront.localhost`, a name that browsers resolve and most programs
do not. A front calls the same data plane for every request on its ports, with the viewer's own scheme and Host, so the
app sees what CloudFront would let it see. The distribution is the one that carries the tag `quartet:app=<app>`.

Limits of URL and headers are CloudFront's
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html), and so is the answer beyond
them, 413 (.../DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html).
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
# CloudFront takes far more; this bounds what one request may hold in this process's memory.
_BODY_BYTES = 200 * 1024 * 1024


class Fronts:
    """Serves requests that came in on a front's port."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._by_port = {port: front for front in settings.fronts for port in (front.http_port, front.https_port)}

    def at(self, scope: Scope) -> Front | None:
        """The front whose port the request came in on."""
        server = scope.get("server")
        return self._by_port.get(server[1]) if server else None

    async def serve(self, front: Front, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as the front's distribution does."""
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
            await self._from_distribution(front, distribution, scope, body, receive, send)

    async def _from_distribution(
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
            # The viewer's scheme is the port's: a header of the same name from outside is not believed.
            {**joined_headers(scope["headers"]), "x-forwarded-proto": scope["scheme"]},
            body,
            parse_qs(query, keep_blank_values=True),
            client,
        )
        _lead_to_front(front, response[1])
        await ministack._send_if_handled(ministack._with_date_header(send), response, receive)


def distribution_of(app: str) -> dict[str, Any] | None:
    """The enabled distribution that carries `app`'s tag; the newest, should there be two."""
    from ministack.services import cloudfront  # noqa: PLC0415

    distributions = [
        distribution
        for distribution in cloudfront._distributions.values()
        if {"Key": APP_TAG, "Value": app} in cloudfront._tags.get(distribution["ARN"], [])
        and distribution.get("enabled", True)
    ]
    return max(distributions, key=lambda distribution: str(distribution.get("LastModifiedTime", "")), default=None)


def _lead_to_front(front: Front, headers: dict[str, Any]) -> None:
    """Let CloudFront's redirect to https, which names no port of its own, lead to the front's."""
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
