"""Thumbnails: the media bucket is brought to what the uploads are.

Nothing is taken from an event but which file it is about: S3 may tell of the same change twice, late, and of two
changes in the wrong order (https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html). What counts
is the file as it is now.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from chalicelib.blog.errors import Busy
from chalicelib.blog.photos.pictures import MAX_BYTES, Picture, PictureRefused, made_fit
from chalicelib.blog.posts.model import PhotoRecord, Rendition, timestamp
from chalicelib.blog.posts.ports import Media, PhotoStore, Uploads, photo_id_of

GONE = "Its file was deleted."


class Thumbnails:
    """Makes and removes a photo's files."""

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

    def follow(self, key: str) -> str:
        """Bring the files of one upload to what it is now; returns what it came to, for the log.

        Raises
        ------
        Busy
            Its record is being changed; the same event may come again.
        HomeElsewhere
            Nothing is made or deleted where the record cannot follow. The event is for when home is back: it is called
            again, and then in the queue of dead letters. If it ended here, the photo would wait without a trace.
        """
        photo_id = photo_id_of(key)
        if photo_id is None:
            # Somebody put it there by other means than a form of ours.
            return "quarantined" if self._uploads.quarantine(key) else "gone"
        # Listed first, so that nothing is deleted that another invocation makes of a file that comes meanwhile.
        earlier = self._media.names(photo_id)
        record, upload = self._store.find(photo_id), self._uploads.read(key, MAX_BYTES + 1)
        if record is None:
            if upload is not None:
                self._uploads.delete(photo_id)
            self._media.delete(earlier, photo_id)
            return "deleted"
        self._require_home()
        if upload is None:
            self._media.delete(earlier, photo_id)
            if record.status == "ready":
                self._refuse(record, GONE)
            return "gone"
        try:
            picture = made_fit(upload.content)
        except PictureRefused as refusal:
            # What was made of an earlier file must be gone when the edge is told to forget it.
            self._media.delete(earlier, photo_id)
            # The reason before the file: after a crash the file is still there, and is looked at again.
            self._refuse(record, str(refusal))
            self._uploads.quarantine(key, upload.etag)
            return "refused"
        self._keep(photo_id, upload.version, picture)
        return "made"

    def _keep(self, photo_id: str, version: str, picture: Picture) -> None:
        """Write all files, and then announce them."""
        renditions = [
            Rendition(
                self._media.put(photo_id, version, f"{file.width}.{file.format}", file.content),
                file.width,
                file.height,
                file.format,
            )
            for file in picture.files
        ]
        self._media.announce(photo_id, version, picture.width, picture.height, picture.placeholder, renditions)

    def _refuse(self, record: PhotoRecord, reason: str) -> None:
        refused = msgspec.structs.replace(
            record, status="refused", photo=None, reason=reason, updated_at=timestamp(self._now())
        )
        if not self._store.replace(record, refused):
            raise Busy("The photo is being changed.")
