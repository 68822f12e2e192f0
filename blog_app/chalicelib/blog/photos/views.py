"""HTTP representations of photos, and requests mapped to domain types."""

from typing import Annotated

import msgspec
from chalice.app import Response
from chalicelib.blog.errors import PhotoNotFound
from chalicelib.blog.photos.model import Alt, FileName, Photo, PhotoId, PhotoRecord, PhotoStatus, Upload
from chalicelib.blog.views import PRIVATE, Limit
from msgspec import Meta

from common.http import responses
from common.http.paging import Cursor
from common.values import Timestamp, parse

PhotoUrl = Annotated[str, Meta(examples=["https://blog.example/api/author/photos/019a2f3b7c40a1b2c3d4e5f60718"])]


class PhotoSize(msgspec.Struct):
    """A photo in one size and format."""

    url: Annotated[
        str, Meta(examples=["https://blog.example/media/019a2f3b7c40a1b2c3d4e5f60719/0cc175b9c0f1/750.webp"])
    ]
    width: Annotated[int, Meta(examples=[750])]
    height: Annotated[int, Meta(examples=[500])]
    format: Annotated[str, Meta(examples=["webp"])]


class ShownPhoto(msgspec.Struct):
    """A photo of a post. `placeholder` is a picture of a few pixels as a `data:` URL, to show while the photo loads."""

    id: PhotoId
    alt: Annotated[str, Meta(examples=["A lock gate at dusk"])]
    width: Annotated[int, Meta(examples=[3024])]
    height: Annotated[int, Meta(examples=[2016])]
    placeholder: Annotated[str, Meta(examples=["data:image/webp;base64,UklGRg"])]
    renditions: list[PhotoSize]


class PhotoQuery(msgspec.Struct, frozen=True):
    """The photos that a list shows."""

    limit: Limit | None = None
    cursor: Cursor | None = None


class AuthoredPhoto(msgspec.Struct, rename="camel"):
    """A photo for authors. When it is `ready` it has renditions, and when it was `refused` or has `failed` a reason."""

    url: PhotoUrl
    id: PhotoId
    status: PhotoStatus
    file_name: FileName
    alt: Alt
    markdown: Annotated[
        str,
        Meta(description="The Markdown that shows the photo in a post.", examples=["![A lock](photo:019a2f3b7c40)"]),
    ]
    created_at: Timestamp
    updated_at: Timestamp
    reason: Annotated[
        str | None,
        Meta(
            description="Why the last file was refused, or failed.",
            examples=["The picture is damaged, or its end is missing."],
        ),
    ]
    width: Annotated[int | None, Meta(description="The width of the upright picture in pixels.", examples=[3024])]
    height: Annotated[int | None, Meta(description="Its height in pixels.", examples=[4032])]
    placeholder: Annotated[
        str | None,
        Meta(
            description="A picture of a few pixels as a `data:` URL, to show while the photo loads.",
            examples=["data:image/webp;base64,UklGRg"],
        ),
    ]
    renditions: list[PhotoSize]


class AnnouncedPhoto(AuthoredPhoto, rename="camel"):
    """A photo that waits for its file, and the form that sends the file."""

    upload: Upload


class PhotoViews:
    """Writes photos as JSON with absolute URLs."""

    def __init__(self, public_url: str) -> None:
        self._site = public_url.rstrip("/")

    def authored(self, record: PhotoRecord) -> AuthoredPhoto:
        """Show a photo to its authors."""
        photo = record.photo
        return AuthoredPhoto(
            url=f"{self._site}/api/author/photos/{record.id}",
            id=record.id,
            status=record.status,
            file_name=record.file_name,
            alt=record.alt,
            markdown=f"![{_escaped(record.alt)}](photo:{record.id})",
            created_at=record.created_at,
            updated_at=record.updated_at,
            reason=record.reason,
            width=photo.width if photo else None,
            height=photo.height if photo else None,
            placeholder=photo.placeholder if photo else None,
            renditions=_sizes(self._site, photo) if photo else [],
        )

    def announced(self, record: PhotoRecord, upload: Upload) -> Response:
        """Answer an author who has announced a photo."""
        body = self._announced(record, upload)
        return responses.json(body, {"Location": body.url, **PRIVATE}, 201)

    def with_form(self, record: PhotoRecord, upload: Upload) -> Response:
        """Answer an author who has asked for another form."""
        return responses.json(self._announced(record, upload), PRIVATE)

    def _announced(self, record: PhotoRecord, upload: Upload) -> AnnouncedPhoto:
        return AnnouncedPhoto(**msgspec.structs.asdict(self.authored(record)), upload=upload)


def shown_photo(site_url: str, photo: Photo) -> ShownPhoto:
    """Show a photo of a published post, with absolute URLs."""
    return ShownPhoto(
        id=photo.id,
        alt=photo.alt,
        width=photo.width,
        height=photo.height,
        placeholder=photo.placeholder,
        renditions=_sizes(site_url, photo),
    )


def parse_photo_id(text: str) -> str:
    """Read an id from a path; raise PhotoNotFound if no photo can have it."""
    return parse(text, PhotoId, PhotoNotFound("There is no such photo."))


def _sizes(site_url: str, photo: Photo) -> list[PhotoSize]:
    return [
        PhotoSize(url=site_url + one.url, width=one.width, height=one.height, format=one.format)
        for one in photo.renditions
    ]


def _escaped(text: str) -> str:
    """Escape a text that stands between Markdown's brackets."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
