"""How photos look to their authors over HTTP."""

from typing import Annotated

import msgspec
from chalice.app import Response
from chalicelib.blog.errors import PhotoNotFound
from chalicelib.blog.photos.photos import Alt, FileName, Upload
from chalicelib.blog.posts.model import PhotoId, PhotoRecord, PhotoStatus
from chalicelib.blog.posts.views import PRIVATE, Cursor, Limit, PhotoSize, Timestamp, sizes
from msgspec import Meta

from common.http import responses

PhotoUrl = Annotated[str, Meta(examples=["https://blog.example/api/author/photos/019a2f3b7c40a1b2c3d4e5f60718"])]


class PhotoQuery(msgspec.Struct, frozen=True):
    """Which photos a list shows."""

    limit: Limit | None = None
    cursor: Cursor | None = None


class AuthoredPhoto(msgspec.Struct, rename="camel"):
    """A photo as its authors see it: what was made of it when it is `ready`, the reason when it was `refused`."""

    url: PhotoUrl
    id: PhotoId
    status: PhotoStatus
    file_name: FileName
    alt: Alt
    markdown: Annotated[str, Meta(description="Shows it in a post.", examples=["![A lock](photo:019a2f3b7c40)"])]
    created_at: Timestamp
    updated_at: Timestamp
    reason: Annotated[
        str | None, Meta(description="Why it was refused.", examples=["The picture is damaged, or its end is missing."])
    ]
    width: Annotated[int | None, Meta(description="The file's own, upright, in pixels.", examples=[3024])]
    height: Annotated[int | None, Meta(examples=[4032])]
    placeholder: Annotated[
        str | None,
        Meta(
            description="A picture of a few pixels, as a `data:` address.", examples=["data:image/webp;base64,UklGRg"]
        ),
    ]
    renditions: list[PhotoSize]


class AnnouncedPhoto(AuthoredPhoto, rename="camel"):
    """A photo that waits for its file, and the form by which to send it."""

    upload: Upload


class PhotoViews:
    """Writes photos as JSON with absolute URLs."""

    def __init__(self, public_url: str) -> None:
        self._site = public_url.rstrip("/")

    def view(self, record: PhotoRecord) -> AuthoredPhoto:
        """Show a photo to its authors."""
        photo = record.photo
        return AuthoredPhoto(
            f"{self._site}/api/author/photos/{record.id}",
            record.id,
            record.status,
            record.file_name,
            record.alt,
            f"![{_escaped(record.alt)}](photo:{record.id})",
            record.created_at,
            record.updated_at,
            record.reason,
            photo.width if photo else None,
            photo.height if photo else None,
            photo.placeholder if photo else None,
            sizes(self._site, photo) if photo else [],
        )

    def announced(self, record: PhotoRecord, upload: Upload) -> Response:
        """Answer an author who has announced a photo."""
        view = self.view(record)
        body = AnnouncedPhoto(**msgspec.structs.asdict(view), upload=upload)
        return responses.json(body, {"Location": view.url, **PRIVATE}, 201)


def known_photo(value: str) -> str:
    """Let nothing through to the table that cannot be a name in it."""
    try:
        return str(msgspec.convert(value, PhotoId))
    except msgspec.ValidationError as error:
        raise PhotoNotFound("There is no such photo.") from error


def _escaped(text: str) -> str:
    """Text as it stands between Markdown's brackets."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
