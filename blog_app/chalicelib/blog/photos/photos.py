"""The use cases of photos: authors announce a photo, send its file straight to S3, and see its status."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from chalicelib.blog.errors import PhotoNotFound
from chalicelib.blog.photos.model import NewPhoto, NewUpload, PhotoChange, PhotoRecord, Upload
from chalicelib.blog.photos.ports import PhotoStore, Uploads
from msgspec import UNSET

from common.aws.backoff import attempts
from common.errors import Busy
from common.values import Page, new_id, timestamp

# Long enough for 20 MB over a slow connection. S3 checks it when the upload begins.
UPLOAD_SECONDS = 900


class Photos:
    """Everything that authors do with photos."""

    def __init__(
        self,
        store: PhotoStore,
        uploads: Uploads,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._uploads = uploads
        self._now = now
        self._sleep = sleep

    def add(self, new: NewPhoto) -> tuple[PhotoRecord, Upload]:
        """Announce a photo; returns its record, and the form for its file."""
        now = self._now()
        record = PhotoRecord(
            id=new_id(now),
            status="waiting",
            file_name=new.file_name,
            alt=new.alt,
            created_at=timestamp(now),
            updated_at=timestamp(now),
        )
        upload = self._upload(record.id, new.content_type)
        self._store.add(record)
        return record, upload

    def renew_upload(self, photo_id: str, new: NewUpload) -> tuple[PhotoRecord, Upload]:
        """Return another form for a photo's file; a photo without renditions waits for its file again.

        Raises
        ------
        PhotoNotFound, Busy
        """
        for _ in attempts(self._sleep):
            old = self.get(photo_id)
            if old.photo is not None or old.status == "waiting":
                return old, self._upload(photo_id, new.content_type)
            waiting = msgspec.structs.replace(old, status="waiting", reason=None, updated_at=timestamp(self._now()))
            if self._store.replace(old, waiting):
                return waiting, self._upload(photo_id, new.content_type)
        raise Busy("Others are changing this photo.")

    def page(self, limit: int, after: str | None) -> Page[PhotoRecord]:
        """Return photos, the newest first."""
        return self._store.page(limit, after)

    def get(self, photo_id: str) -> PhotoRecord:
        """Return one photo, whatever its status.

        Raises
        ------
        PhotoNotFound
        """
        record = self._store.find(photo_id)
        if record is None:
            raise PhotoNotFound("There is no such photo.")
        return record

    def change(self, photo_id: str, change: PhotoChange) -> PhotoRecord:
        """Apply a partial change to one photo. The pages that show it get its new alternative text.

        Raises
        ------
        PhotoNotFound, Busy
        """
        for _ in attempts(self._sleep):
            old = self.get(photo_id)
            if change.alt is UNSET or change.alt == old.alt:
                return old
            photo = msgspec.structs.replace(old.photo, alt=change.alt) if old.photo else None
            new = msgspec.structs.replace(old, alt=change.alt, photo=photo, updated_at=timestamp(self._now()))
            if self._store.replace(old, new):
                return new
        raise Busy("Others are changing this photo.")

    def delete(self, photo_id: str) -> None:
        """Delete a photo; the event of its deleted file removes its renditions.

        Raises
        ------
        PhotoNotFound
        """
        self.get(photo_id)
        # In this order a crash in between leaves a photo that can be deleted again.
        self._uploads.delete(photo_id)
        self._store.delete(photo_id)

    def _upload(self, photo_id: str, content_type: str) -> Upload:
        form = self._uploads.form(photo_id, content_type, UPLOAD_SECONDS)
        return Upload(form.url, form.fields, timestamp(self._now() + timedelta(seconds=UPLOAD_SECONDS)))
