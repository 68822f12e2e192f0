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


class VideoRegister(Protocol):
    """The videos, those that are being uploaded too."""

    def get(self, video_id: str) -> Video | None:
        """Return a video; None if there is none."""

    def put(self, video: Video) -> None:
        """Write a video over what is there."""


class ContentStore(Protocol):
    """The files of content."""

    def names(self, prefix: str) -> set[str]:
        """Return the names of the files below a prefix."""

    def read(self, key: str) -> str:
        """Return a playlist's text."""
