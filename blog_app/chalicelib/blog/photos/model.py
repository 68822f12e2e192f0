"""A photo: what an author sends, what is kept of it, and what pages show of it."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from common.values import EMPTY_OR_VISIBLE_LINE, VISIBLE_LINE

# The largest file that `pictures` can decode in the memory of its function.
MAX_PHOTO_BYTES = 20_000_000

PhotoId = Annotated[str, Meta(pattern=r"^[0-9a-f]{28}(?!\n)$", examples=["019a2f3b7c40a1b2c3d4e5f60719"])]
PhotoStatus = Annotated[Literal["waiting", "ready", "refused", "failed"], Meta(examples=["ready"])]
FileName = Annotated[str, Meta(min_length=1, max_length=255, pattern=VISIBLE_LINE, examples=["lock at dusk.jpg"])]
Alt = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=EMPTY_OR_VISIBLE_LINE,
        description="The alternative text: what the photo shows, for readers who cannot see it.",
        examples=["A lock gate at dusk"],
    ),
]
# Only S3 uses it. What kind of picture the file is, is read from its content.
ContentType = Annotated[Literal["image/jpeg", "image/png", "image/webp", "image/gif"], Meta(examples=["image/jpeg"])]


class NewPhoto(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What an author sends before the file of a photo."""

    file_name: FileName
    content_type: ContentType
    alt: Alt = ""


class NewUpload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What an author sends to get another form for the file of a photo."""

    content_type: ContentType


class PhotoChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a photo that an author changes."""

    alt: Alt | UnsetType = UNSET


class UploadForm(msgspec.Struct, frozen=True):
    """A form that sends a file to `url`: it has all `fields`, and the file as its last field, `file`."""

    url: Annotated[str, Meta(examples=["https://uploads.s3.us-east-1.amazonaws.com/"])]
    fields: Annotated[dict[str, str], Meta(examples=[{"key": "uploads/019a2f3b7c40a1b2c3d4e5f60718"}])]


class Upload(UploadForm, frozen=True, rename="camel"):
    """The form that sends the file: all `fields`, and last the file itself as `file`. It expires at `expiresAt`."""

    expires_at: Annotated[str, Meta(examples=["2026-11-23T08:45:00.000Z"])]


class UploadedFile(msgspec.Struct, frozen=True):
    """A file as an author sent it.

    `etag` differs from those of earlier files of the same photo; `version` is a shorter form of it.
    """

    version: str
    etag: str
    content: bytes


class Rendition(msgspec.Struct, frozen=True):
    """A photo in one size and format."""

    url: str
    width: int
    height: int
    format: str


class Photo(msgspec.Struct, frozen=True):
    """A photo with its renditions, and the small picture that is shown until they are loaded."""

    id: str
    alt: str
    width: int
    height: int
    placeholder: str
    renditions: list[Rendition]


class PhotoRecord(msgspec.Struct, frozen=True, rename="camel"):
    """What is kept of a photo: `waiting` for its file, `ready` with what pages show, or why there is nothing to show.

    `refused` is a file that cannot become a photo, `failed` one of which no renditions could be made. A photo that is
    `ready` has a reason if that happened to a later file.
    """

    id: str
    status: PhotoStatus
    file_name: str
    alt: str
    created_at: str
    updated_at: str
    photo: Photo | None = None
    reason: str | None = None
