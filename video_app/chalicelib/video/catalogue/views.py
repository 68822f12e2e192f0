"""The catalogue over HTTP: its JSON and links."""

from typing import Annotated

import msgspec
from chalice.app import Response
from chalicelib.video.catalogue.model import Amount, Currency, Description, Title, Video, VideoId
from msgspec import Meta

from common.http import responses
from common.http.cursors import Cursors
from common.http.paging import Cursor, next_link, page_size, position
from common.http.requests import ApiRequest
from common.values import Page, Timestamp

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# All readers see the same list. It may be a minute old.
SHARED = {"Cache-Control": "public, max-age=60"}
_LIST = "catalogue"


class Price(msgspec.Struct, frozen=True):
    """A price in the currency's smallest unit."""

    amount: Amount
    currency: Currency


class VideoView(msgspec.Struct, rename="camel"):
    """A video."""

    id: VideoId
    url: Annotated[str, Meta(examples=["https://videos.example/api/videos/019a2f3b7c40a1b2c3d4e5f60718"])]
    title: Title
    description: Description
    seconds: Annotated[float, Meta(gt=0, description="The length of the video.", examples=[93.5])]
    price: Annotated[Price, Meta(description="What the video costs without a subscription.")]
    poster_url: Annotated[str, Meta(examples=["https://videos.example/media/019a2f3b7c40a1b2c3d4e5f60718/poster.jpg"])]
    preview_url: Annotated[
        str, Meta(examples=["https://videos.example/media/019a2f3b7c40a1b2c3d4e5f60718/preview.mp4"])
    ]
    created_at: Timestamp


class VideoList(msgspec.Struct, frozen=True):
    """A page of the catalogue, newest first."""

    videos: list[VideoView]


class CatalogueQuery(msgspec.Struct, frozen=True):
    """Which part of the catalogue a page shows."""

    limit: Annotated[int, page_size("videos", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)] | None = None
    cursor: Cursor | None = None


class CatalogueViews:
    """Writes videos for clients."""

    def __init__(self, public_url: str, cursors: Cursors) -> None:
        self._url = public_url.rstrip("/")
        self._cursors = cursors

    def position(self, query: CatalogueQuery) -> str | None:
        """Return the position that the query's cursor holds."""
        return position(self._cursors, _LIST, query)

    def page(self, query: CatalogueQuery, page: Page[Video]) -> Response:
        """Answer with a page of the catalogue."""
        link = {}
        if page.next_after:
            link = next_link(self._cursors, f"{self._url}/api/videos", _LIST, query, page.next_after)
        return responses.json(VideoList([self._view(video) for video in page.items]), {**SHARED, **link})

    def one(self, request: ApiRequest, video: Video) -> Response:
        """Answer with one video."""
        return responses.json(self._view(video), SHARED)

    def _view(self, video: Video) -> VideoView:
        media = f"{self._url}/media/{video.id}"
        return VideoView(
            id=video.id,
            url=f"{self._url}/api/videos/{video.id}",
            title=video.title,
            description=video.description,
            seconds=video.seconds,
            price=Price(video.amount, video.currency),
            poster_url=f"{media}/poster.jpg",
            preview_url=f"{media}/preview.mp4",
            created_at=video.created_at,
        )
