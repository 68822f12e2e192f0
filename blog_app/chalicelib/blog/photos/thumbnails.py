"""Thumbnails: make the renditions in the media bucket match the files in the uploads bucket.

An event only names the file. S3 may send an event twice, late, or after that of a later change
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html), so the file is read as it is now.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from chalicelib.blog.photos.model import Photo, PhotoRecord, Rendition, UploadedFile
from chalicelib.blog.photos.object_keys import uploaded_photo_id
from chalicelib.blog.photos.pictures import MAX_BYTES, Picture, PictureRefused, make_renditions
from chalicelib.blog.photos.ports import Media, PhotoStore, Uploads

from common.errors import Busy
from common.values import timestamp

# One author changes a photo.
ATTEMPTS = 3
FILE_DELETED = "Its file was deleted."


class Thumbnails:
    """Makes and removes the files of photos' renditions."""

    def __init__(
        self,
        *,
        store: PhotoStore,
        uploads: Uploads,
        media: Media,
        now: Callable[[], datetime],
        require_home: Callable[[], None],
        make: Callable[[bytes], Picture] = make_renditions,
    ) -> None:
        """`require_home` raises NotHomeRegion in a region that is not home; `make` may raise PictureRefused."""
        self._store = store
        self._uploads = uploads
        self._media = media
        self._now = now
        self._require_home = require_home
        self._make = make

    def sync(self, key: str) -> str:
        """Make the renditions match the current upload; returns the outcome for the log.

        If the photo's record changes meanwhile, this begins again.

        Raises
        ------
        Busy
            The record has changed during each attempt. Lambda retries the event.
        NotHomeRegion
            Nothing is made or deleted in a region where the record cannot be written. Lambda retries the event and
            then keeps it as a dead letter, for when this region is home again.
        """
        photo_id = uploaded_photo_id(key)
        if photo_id is None:
            # It was not uploaded by one of our forms.
            return "quarantined" if self._uploads.quarantine(key) else "gone"
        for _ in range(ATTEMPTS):
            if outcome := self._synced(photo_id, key):
                return outcome
        raise Busy("The photo is being changed.")

    def _synced(self, photo_id: str, key: str) -> str | None:
        """Make the renditions match once; None if the record has changed meanwhile."""
        # Listed before the upload is read: files that another invocation makes of a later upload are not deleted.
        earlier = self._media.keys(photo_id)
        record, upload = self._store.find(photo_id), self._uploads.read(key, MAX_BYTES + 1)
        if record is None:
            if upload is not None:
                self._uploads.delete(photo_id)
            self._media.delete(earlier, photo_id)
            return "deleted"
        self._require_home()
        if upload is None:
            self._media.delete(earlier, photo_id)
            is_settled = record.status != "ready" or self._refuse(record, FILE_DELETED)
            return "gone" if is_settled else None
        return self._made(record, key, upload, earlier)

    def _made(self, record: PhotoRecord, key: str, upload: UploadedFile, earlier: Sequence[str]) -> str | None:
        """Make the renditions of an upload, or refuse it; `earlier` are the keys of earlier renditions."""
        try:
            picture = self._make(upload.content)
        except PictureRefused as refusal:
            # Files of an earlier upload must be deleted before the edge is told to invalidate them.
            self._media.delete(earlier, record.id)
            # The reason is written first: after a crash the file is still there, and is handled again.
            if not self._refuse(record, str(refusal)):
                return None
            self._uploads.quarantine(key, upload.etag)
            return "refused"
        self._put(record.id, upload.version, picture)
        return "made"

    def _put(self, photo_id: str, version: str, picture: Picture) -> None:
        """Write all files, and then announce them."""
        renditions = [
            Rendition(
                url=self._media.put(photo_id, version, f"{file.width}.{file.format}", file.content),
                width=file.width,
                height=file.height,
                format=file.format,
            )
            for file in picture.files
        ]
        photo = Photo(
            id=photo_id,
            alt="",
            width=picture.width,
            height=picture.height,
            placeholder=picture.placeholder,
            renditions=renditions,
        )
        self._media.announce(photo, version)

    def _refuse(self, record: PhotoRecord, reason: str) -> bool:
        refused = msgspec.structs.replace(
            record, status="refused", photo=None, reason=reason, updated_at=timestamp(self._now())
        )
        return self._store.replace(record, refused)
