"""The keys of photos' objects in S3.

In the uploads bucket: `uploads/<photo id>`, and `quarantine/...` for files that cannot become a photo.
In the media bucket: `media/<photo id>/<version>/<width>.<format>`, and `catalogue/<photo id>/<version>.json`, the
announcement, which is written after all files of a version.
"""

import re

UPLOADS, QUARANTINE = "uploads/", "quarantine/"
MEDIA, CATALOGUE = "media/", "catalogue/"
_PHOTO_ID = re.compile(r"[0-9a-f]{28}")


def uploaded_photo_id(key: str) -> str | None:
    """Return the id of the photo that an uploaded file is for; None if the key is not that of a photo."""
    return _photo_id(key, UPLOADS, key.removeprefix(UPLOADS))


def photo_keys(photo_id: str) -> tuple[str, str]:
    """Return the keys that a photo's file can have in the uploads bucket."""
    return UPLOADS + photo_id, QUARANTINE + photo_id


def announced_photo_id(key: str) -> str | None:
    """Return the id of the photo that an announcement is about; None if the key is not that of an announcement."""
    return _photo_id(key, CATALOGUE, key.removeprefix(CATALOGUE).partition("/")[0])


def media_key(photo_id: str, version: str, name: str = "") -> str:
    """Return the key of a rendition's file; without a name the prefix of all files of a version."""
    return f"{MEDIA}{photo_id}/{version}/{name}"


def announcement_key(photo_id: str, version: str) -> str:
    """Return the key of a version's announcement."""
    return f"{CATALOGUE}{photo_id}/{version}.json"


def media_version(key: str) -> str:
    """Return the version in the key of a rendition's file."""
    return key.split("/")[2]


def _photo_id(key: str, prefix: str, name: str) -> str | None:
    return name if key.startswith(prefix) and _PHOTO_ID.fullmatch(name) else None
