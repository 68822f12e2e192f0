"""Links over HTTP: their JSON, and the cookies of HLS."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from chalice.app import Request, Response
from chalicelib.video.errors import AddressUnknown
from chalicelib.video.playback.cloudfront_signing import set_cookie_headers
from chalicelib.video.playback.model import Delivery, Device
from chalicelib.video.playback.playback import Link
from msgspec import Meta

from common.http.client_address import viewer_and_edge_ip
from common.values import Timestamp, timestamp

# CloudFront adds it to every request to the API's origin. A viewer's own header of this name is replaced.
EDGE_HEADER = "x-distribution-secret"
_encoder = msgspec.json.Encoder()


class NewPlay(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """A request for a link."""

    device: Device
    delivery: Annotated[
        Delivery, Meta(description="`cookies` for HLS, `url` for the video in one file.", examples=["cookies"])
    ] = "cookies"
    bind_address: Annotated[
        bool,
        Meta(
            description="Whether the link works only from the IPv4 address that asks for it.",
            examples=[False],
            extra_json_schema={"default": False},
        ),
    ] = False


class LinkView(msgspec.Struct, rename="camel"):
    """A link to the content of a video."""

    url: Annotated[
        str,
        Meta(
            description="The HLS playlist, for which the cookies are, or the signed URL of the file.",
            examples=["https://videos.example/content/4fd0c2d86ac14ef0a2b6dd1c27c9a43e/master.m3u8"],
        ),
    ]
    expires_at: Annotated[Timestamp, Meta(description="Ask for the next link before this time.")]


def link_response(link: Link) -> Response:
    """Answer with a link; its cookies are sent to this video's folder only, and scripts cannot read them."""
    view = LinkView(link.url, timestamp(datetime.fromtimestamp(link.until, UTC)))
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if link.cookies:
        headers["Set-Cookie"] = set_cookie_headers(link.cookies, urlsplit(link.folder_url).path)
    return Response(_encoder.encode(view).decode(), headers, 201)


class ViewerAddress:
    """Tells the viewer's IPv4 address, as far as it can be trusted.

    `secret` is what the distribution sends with each request. Whoever calls the API around the distribution does not
    know it, and could claim any address.
    """

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._fetch_secret = secret
        self._secret = b""

    def of(self, request: Request) -> str:
        """Return the address.

        Raises
        ------
        AddressUnknown
            The request did not come through the distribution, or the address is an IPv6 address.
        """
        self._secret = self._secret or self._fetch_secret()
        sent = (request.headers.get(EDGE_HEADER) or "").encode()
        if not self._secret or not hmac.compare_digest(sent, self._secret):
            raise AddressUnknown("Only requests through the distribution have an address.")
        viewer, _ = viewer_and_edge_ip(request)
        try:
            return str(IPv4Address(viewer))
        except AddressValueError as error:
            raise AddressUnknown("CloudFront binds links to IPv4 addresses only.") from error
