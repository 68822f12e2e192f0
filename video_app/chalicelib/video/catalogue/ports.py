"""What the catalogue's use cases need from outside."""

from typing import Protocol

from chalicelib.video.catalogue.model import Video

from common.values import Page


class VideoStore(Protocol):
    """The catalogue's videos."""

    def page(self, limit: int, after: str | None) -> Page[Video]:
        """Return the videos that are ready, newest first, after a position."""

    def get(self, video_id: str) -> Video | None:
        """Return a video; None if there is none."""
