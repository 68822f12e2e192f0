"""The catalogue: record the renditions that were made of a photo, so that pages can show it.

An event only names the photo. The renditions that count are those of the upload as it is now.
"""

import time
from collections.abc import Callable
from datetime import datetime

import msgspec
from chalicelib.blog.photos.ports import Media, PhotoStore, Uploads

from common.aws.backoff import attempts
from common.errors import Busy
from common.values import timestamp

FAILED = "The file could not be processed, in three attempts. Send it again, or in another size or format."


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
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`require_home` raises NotHomeRegion in a region that is not home."""
        self._store = store
        self._uploads = uploads
        self._media = media
        self._now = now
        self._require_home = require_home
        self._sleep = sleep

    def sync(self, photo_id: str) -> str:
        """Make a photo's record match its announced renditions; returns the outcome for the log.

        If the record changes meanwhile, this begins again.

        Raises
        ------
        Busy
            The record has changed during each attempt. SQS delivers the message again.
        NotHomeRegion
            As for thumbnails: the message is delivered again, and no file is deleted that the record names.
        """
        for _ in attempts(self._sleep):
            if outcome := self._synced(photo_id):
                return outcome
        raise Busy("The photo is being changed.")

    def give_up(self, photo_id: str) -> str:
        """Record that the renditions of a photo's file could not be made; returns the outcome for the log.

        An earlier file of the photo stays shown.

        Raises
        ------
        Busy, NotHomeRegion
            As for `sync`.
        """
        for _ in attempts(self._sleep):
            record = self._store.find(photo_id)
            if record is None:
                return "deleted"
            self._require_home()
            version = self._uploads.version(photo_id)
            if version is None or self._media.announced(photo_id, version) is not None:
                # Another file has been refused or made meanwhile.
                return "superseded"
            failed = msgspec.structs.replace(
                record,
                status="ready" if record.photo else "failed",
                reason=FAILED,
                updated_at=timestamp(self._now()),
            )
            if self._store.replace(record, failed):
                return "failed"
        raise Busy("The photo is being changed.")

    def _synced(self, photo_id: str) -> str | None:
        """Make the record match once; None if it has changed meanwhile."""
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
        if record.photo == photo and record.reason is None:
            return "known"
        ready = msgspec.structs.replace(
            record, status="ready", photo=photo, reason=None, updated_at=timestamp(self._now())
        )
        return "ready" if self._store.replace(record, ready) else None
