"""The catalogue: a photo whose thumbnails were made becomes one that pages can show.

As for thumbnails, an event only tells which photo to look at. The thumbnails that count are those of the upload as it
is now; a photo that was deleted in the meantime has none.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from chalicelib.blog.errors import Busy
from chalicelib.blog.posts.model import timestamp
from chalicelib.blog.posts.ports import Media, PhotoStore, Uploads


class Catalogue:
    """Writes down what was made of photos."""

    def __init__(
        self,
        store: PhotoStore,
        uploads: Uploads,
        media: Media,
        now: Callable[[], datetime],
        require_home: Callable[[], None],
    ) -> None:
        """`require_home` raises HomeElsewhere in a region that is not home."""
        self._store = store
        self._uploads = uploads
        self._media = media
        self._now = now
        self._require_home = require_home

    def follow(self, photo_id: str) -> str:
        """Bring one photo's record to what there is of it; returns what it came to, for the log.

        Raises
        ------
        Busy
            The record is being changed; the same message may come again.
        HomeElsewhere
            As for thumbnails: the message waits, and nothing is deleted of what the record says.
        """
        # Listed before the upload is looked at: what is made of a later one is not in the list, and is not deleted.
        found = self._media.names(photo_id)
        record = self._store.find(photo_id)
        if record is None:
            self._media.delete(found, photo_id)
            return "deleted"
        self._require_home()
        version = self._uploads.version(photo_id)
        if version is None:
            self._media.delete(found, photo_id)
            return "gone"
        made = self._media.announced(photo_id, version)
        if made is None:
            return "superseded"
        photo = msgspec.structs.replace(made, alt=record.alt)
        known = record.photo == photo
        # Before the record changes: then the edge is told to forget what was shown, and must not find it again.
        self._media.delete(found, photo_id, but=version)
        if not known:
            ready = msgspec.structs.replace(
                record, status="ready", photo=photo, reason=None, updated_at=timestamp(self._now())
            )
            if not self._store.replace(record, ready):
                raise Busy("The photo is being changed.")
        return "known" if known else "ready"
