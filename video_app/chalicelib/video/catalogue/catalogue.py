"""What everybody may do with the catalogue."""

from chalicelib.video.catalogue.model import Video
from chalicelib.video.catalogue.ports import VideoStore
from chalicelib.video.errors import VideoNotFound

from common.values import Page


class Catalogue:
    """The videos that are ready to be watched."""

    def __init__(self, store: VideoStore) -> None:
        self._store = store

    def page(self, limit: int, after: str | None) -> Page[Video]:
        """Return a page of the videos, newest first."""
        return self._store.page(limit, after)

    def get(self, video_id: str) -> Video:
        """Return one video.

        Raises
        ------
        VideoNotFound
            There is none, or it is not ready.
        """
        video = self._store.get(video_id)
        if video is None or not video.is_ready:
            raise VideoNotFound("The video does not exist.")
        return video
