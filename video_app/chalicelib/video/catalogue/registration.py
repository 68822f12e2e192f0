"""The use case: a video enters the catalogue when all of its content is there."""

from collections.abc import Iterator
from enum import Enum

import msgspec
from chalicelib.video.catalogue.content import FILE, MANIFEST, content_prefix, manifest_of
from chalicelib.video.catalogue.model import READY
from chalicelib.video.catalogue.playlists import named_files
from chalicelib.video.catalogue.ports import ContentStore, VideoRegister


class IncompleteContent(Exception):
    """A playlist names files that are not in the bucket."""


class Registered(Enum):
    """What became of an upload."""

    READY = "ready"
    ALREADY_READY = "already ready"
    UNKNOWN = "no such video"


class Registration:
    """Completes videos whose manifest has arrived. The manifest is uploaded last."""

    def __init__(self, videos: VideoRegister, content: ContentStore) -> None:
        self._videos = videos
        self._content = content

    def complete(self, key: str) -> Registered:
        """Check that every file of a video is there, and show the video in the catalogue.

        Raises
        ------
        IncompleteContent
            Files are missing.
        InvalidPlaylist
        """
        manifest = manifest_of(key)
        video = self._videos.get(manifest[0]) if manifest else None
        if manifest is None or video is None or video.folder != manifest[1]:
            return Registered.UNKNOWN
        if video.is_ready:
            return Registered.ALREADY_READY
        prefix = content_prefix(video)
        present = self._content.names(prefix)
        missing = {FILE, *self._named(prefix)} - present
        if missing:
            raise IncompleteContent(f"video {video.id} lacks {', '.join(sorted(missing)[:5])}")
        self._videos.put(msgspec.structs.replace(video, status=READY))
        return Registered.READY

    def _named(self, prefix: str) -> Iterator[str]:
        """Name every variant's playlist and every segment."""
        for variant in named_files(self._content.read(prefix + MANIFEST), MANIFEST):
            yield variant
            yield from named_files(self._content.read(prefix + variant), variant)
