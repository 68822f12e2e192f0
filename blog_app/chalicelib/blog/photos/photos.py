"""The use cases of photos: authors announce one, send its file straight to S3, and see what has become of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from chalicelib.blog.errors import PhotoNotFound
from chalicelib.blog.posts.model import ONE_LINE, PhotoRecord, new_id, timestamp
from chalicelib.blog.posts.ports import Form, PhotoPage, PhotoStore, Uploads
from msgspec import Meta

# Long enough for 20 MB over a slow line; S3 asks when the upload begins.
UPLOAD_SECONDS = 900

FileName = Annotated[str, Meta(min_length=1, max_length=255, pattern=ONE_LINE, examples=["lock at dusk.jpg"])]
Alt = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=ONE_LINE,
        description="What the photo shows, for whoever cannot see it.",
        examples=["A lock gate at dusk"],
    ),
]
# A hint for whoever looks at the bucket. What the file is, its content says.
ContentType = Annotated[Literal["image/jpeg", "image/png", "image/webp", "image/gif"], Meta(examples=["image/jpeg"])]


class NewPhoto(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What an author sends to announce a photo."""

    file_name: FileName
    content_type: ContentType
    alt: Alt = ""


class Upload(Form, frozen=True, rename="camel"):
    """A form, and until when it is taken."""

    expires_at: Annotated[str, Meta(examples=["2026-11-23T08:45:00.000Z"])]


class Photos:
    """Everything that authors do with photos."""

    def __init__(self, store: PhotoStore, uploads: Uploads, now: Callable[[], datetime]) -> None:
        self._store = store
        self._uploads = uploads
        self._now = now

    def add(self, new: NewPhoto) -> tuple[PhotoRecord, Upload]:
        """Announce a photo; returns it as it is kept, and the form for its file."""
        now = self._now()
        made_at = timestamp(now)
        photo = PhotoRecord(new_id(now), "waiting", new.file_name, new.alt, made_at, made_at)
        form = self._uploads.form(photo.id, new.content_type, UPLOAD_SECONDS)
        self._store.add(photo)
        return photo, Upload(form.url, form.fields, timestamp(now + timedelta(seconds=UPLOAD_SECONDS)))

    def page(self, limit: int, after: str | None) -> PhotoPage:
        """Return photos, the newest first."""
        return self._store.page(limit, after)

    def get(self, photo_id: str) -> PhotoRecord:
        """Return one photo, whatever has become of it.

        Raises
        ------
        PhotoNotFound
        """
        photo = self._store.find(photo_id)
        if photo is None:
            raise PhotoNotFound("There is no such photo.")
        return photo

    def delete(self, photo_id: str) -> None:
        """Delete a photo; its thumbnails go when S3 tells of the deleted file.

        Raises
        ------
        PhotoNotFound
        """
        self.get(photo_id)
        # In this order a crash in between leaves a photo that can be deleted again.
        self._uploads.delete(photo_id)
        self._store.delete(photo_id)
