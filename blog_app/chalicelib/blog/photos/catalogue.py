"""The catalogue: record the renditions that were made of a photo, so that pages can show it.

An event only names the photo. The renditions that count are those of the upload as it is now.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from chalicelib.blog.photos.ports import Media, PhotoStore, Uploads

from common.errors import Busy
from common.values import timestamp


class Catalogue:
    """Records the renditions of photos."""

    def __init__(
        self,
        *,
        store: PhotoStore,
        uploads: Uploads,
        media: Media,
        now: Callable[[], datetime],
        require_home: Callable[[], None],
    ) -> None:
        """`require_home` raises NotHomeRegion in a region that is not home."""
        self._store = store
        self._uploads = uploads
        self._media = media
        self._now = now
        self._require_home = require_home

    def sync(self, photo_id: str) -> str:
        """Make a photo's record match its announced renditions; returns the outcome for the log.

        Raises
        ------
        Busy
            The record is being changed. SQS delivers the message again.
        NotHomeRegion
            As for thumbnails: the message is delivered again, and no file is deleted that the record names.
        """
        # Listed before the upload is looked at: files that are made of a later upload are not in the list.
        keys = self._media.keys(photo_id)
        record = self._store.find(photo_id)
        if record is None:
            self._media.delete(keys, photo_id)
            return "deleted"
        self._require_home()
        version = self._uploads.version(photo_id)
        if version is None:
            self._media.delete(keys, photo_id)
            return "gone"
        announced = self._media.announced(photo_id, version)
        if announced is None:
            return "superseded"
        photo = msgspec.structs.replace(announced, alt=record.alt)
        # Before the record changes: after that the edge is told to invalidate them, and must not find them again.
        self._media.delete(keys, photo_id, but=version)
        if record.photo == photo:
            return "known"
        ready = msgspec.structs.replace(
            record, status="ready", photo=photo, reason=None, updated_at=timestamp(self._now())
        )
        if not self._store.replace(record, ready):
            raise Busy("The photo is being changed.")
        return "ready"
