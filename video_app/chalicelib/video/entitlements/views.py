"""Entitlements over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from chalice.app import Response
from chalicelib.video.catalogue.model import VideoId
from chalicelib.video.entitlements.model import PREMIUM, VIDEO, Entitlement
from msgspec import Meta

from common.http import responses
from common.http.cursors import Cursors
from common.http.paging import Cursor, next_link, page_size, position
from common.http.requests import ApiRequest
from common.values import Page, Timestamp, timestamp

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
PRIVATE = {"Cache-Control": "no-store"}


class EntitlementView(msgspec.Struct, rename="camel"):
    """What a viewer may watch: every video (`premium`), or one."""

    kind: Annotated[Literal["premium", "video"], Meta(description="`premium` for every video.", examples=["premium"])]
    video_id: Annotated[VideoId | None, Meta(description="The video; null if it is every video.", examples=[None])]
    valid_from: Timestamp
    valid_until: Annotated[Timestamp | None, Meta(description="When the right ends; null if it does not.")]
    valid: Annotated[bool, Meta(description="Whether the right is valid now.", examples=[True])]


class EntitlementList(msgspec.Struct, frozen=True):
    """A page of the caller's entitlements."""

    entitlements: list[EntitlementView]


class EntitlementQuery(msgspec.Struct, frozen=True):
    """Which part of the list a page shows."""

    limit: Annotated[int, page_size("entitlements", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)] | None = None
    cursor: Cursor | None = None


class EntitlementViews:
    """Writes entitlements for clients."""

    def __init__(self, public_url: str, cursors: Cursors) -> None:
        self._url = f"{public_url.rstrip('/')}/api/entitlements"
        self._cursors = cursors

    def position(self, request: ApiRequest, query: EntitlementQuery) -> str | None:
        """Return the position that the query's cursor holds."""
        return position(self._cursors, request.owner, query)

    def page(self, request: ApiRequest, query: EntitlementQuery, page: Page[Entitlement], now: int) -> Response:
        """Answer with a page of the caller's entitlements."""
        link = {}
        if page.next_after:
            link = next_link(self._cursors, self._url, request.owner, query, page.next_after)
        return responses.json(EntitlementList([_view(item, now) for item in page.items]), {**PRIVATE, **link})


def _view(entitlement: Entitlement, now: int) -> EntitlementView:
    premium = entitlement.what == PREMIUM
    return EntitlementView(
        kind="premium" if premium else "video",
        video_id=None if premium else entitlement.what.removeprefix(VIDEO),
        valid_from=_time(entitlement.valid_from),
        valid_until=None if entitlement.valid_until is None else _time(entitlement.valid_until),
        valid=entitlement.is_valid(now),
    )


def _time(seconds: int) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
