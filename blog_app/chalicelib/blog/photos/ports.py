"""What the use cases of photos need from outside."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.blog.photos.model import Photo, PhotoRecord, UploadedFile, UploadForm

from common.values import Page


class PhotoStore(Protocol):
    """Keeps the records of photos.

    Writing raises NotHomeRegion in a region that is not home, and Busy if others change the same record.
    """

    def find(self, photo_id: str) -> PhotoRecord | None:
        """Return one photo's record."""

    def page(self, limit: int, after: str | None) -> Page[PhotoRecord]:
        """Read records, the newest first."""

    def add(self, record: PhotoRecord) -> None:
        """Add a record."""

    def replace(self, old: PhotoRecord, new: PhotoRecord) -> bool:
        """Write a record if the old one has not changed; False if it has."""

    def delete(self, photo_id: str) -> None:
        """Delete a record; an absent one is not an error."""


class Uploads(Protocol):
    """The files that authors send."""

    def form(self, photo_id: str, content_type: str, seconds: int) -> UploadForm:
        """Return the form by which one file can be sent for so many seconds."""

    def version(self, photo_id: str) -> str | None:
        """Return the version of a photo's file; None if there is none."""

    def read(self, key: str, max_bytes: int) -> UploadedFile | None:
        """Return a file's first `max_bytes` bytes; None if there is none."""

    def quarantine(self, key: str, etag: str | None = None) -> bool:
        """Move a file to quarantine; False if there is none, or if it is no longer the one with this `etag`."""

    def delete(self, photo_id: str) -> None:
        """Delete a photo's file, also from quarantine; an absent one is not an error."""


class Media(Protocol):
    """The files of photos' renditions."""

    def put(self, photo_id: str, version: str, name: str, content: bytes) -> str:
        """Write one file; returns its path on the site."""

    def announce(self, photo: Photo, version: str) -> None:
        """Announce that all files of a version are written; `photo` has no alternative text."""

    def announced(self, photo_id: str, version: str) -> Photo | None:
        """Return what was announced of a version; None if nothing was."""

    def keys(self, photo_id: str) -> list[str]:
        """Return the keys of all objects of a photo."""

    def delete(self, keys: Sequence[str], photo_id: str, but: str | None = None) -> None:
        """Delete these objects of a photo, except those of the version `but`."""


class MediaReplicas(Protocol):
    """The files of renditions that were made in the other region."""

    def replicate(self, photo_id: str, photo: Photo | None) -> None:
        """Copy the files that a photo shows into this region, and delete its other files."""

    def purge(self, photo_id: str) -> None:
        """Delete everything of a deleted photo in this region."""
