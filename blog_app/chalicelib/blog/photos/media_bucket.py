"""Photos in S3: what authors upload in one bucket, what was made of it in another.

Uploads are `uploads/<photo id>`, and what could not become a photo is moved to `quarantine/`, of which S3 tells nobody.
Made files are `media/<photo id>/<version>/<width>.<format>`; when all are there, `catalogue/<photo id>/<version>.json`
announces them. The version is of the upload, so no file ever changes and browsers may keep it for good.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from chalicelib.blog.pages.assets import IMMUTABLE
from chalicelib.blog.posts.model import MAX_PHOTO_BYTES, Photo, Rendition
from chalicelib.blog.posts.ports import CATALOGUE, UPLOADS, Form, Uploaded

QUARANTINE = "quarantine/"
MEDIA = "media/"
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
MANY = 1000
# Of an ETag so much tells one upload from another of the same photo.
_VERSION_LENGTH = 12
_decoder = msgspec.json.Decoder(Photo)


class UploadBucket:
    """Uploads in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def form(self, photo_id: str, content_type: str, seconds: int) -> Form:
        """Sign a form for one file of this type, of at most 20 MB.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        made = self._client().generate_presigned_post(
            self._bucket,
            UPLOADS + photo_id,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, MAX_PHOTO_BYTES]],
            ExpiresIn=seconds,
        )
        return Form(made["url"], made["fields"])

    def version(self, photo_id: str) -> str | None:
        """Ask for the object's ETag."""
        client = self._client()
        try:
            answer = client.head_object(Bucket=self._bucket, Key=UPLOADS + photo_id)
        except client.exceptions.ClientError as error:
            if _is_absent(error):
                return None
            raise
        return _version(answer)

    def read(self, key: str, most: int) -> Uploaded | None:
        """Get an object's first bytes."""
        client = self._client()
        try:
            answer = client.get_object(Bucket=self._bucket, Key=key)
        except client.exceptions.ClientError as error:
            if _is_absent(error):
                return None
            raise
        with answer["Body"] as body:
            return Uploaded(_version(answer), answer["ETag"], body.read(most))

    def quarantine(self, key: str, etag: str | None = None) -> bool:
        """Copy an object to quarantine and delete it; one that is not there any more is there already.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
        """
        client, source = self._client(), {"Bucket": self._bucket, "Key": key}
        aside = QUARANTINE + key.removeprefix(UPLOADS)
        try:
            copied = {"CopySourceIfMatch": etag} if etag else {}
            client.copy_object(Bucket=self._bucket, Key=aside, CopySource=source, **copied)
            client.delete_object(**source, **({"IfMatch": etag} if etag else {}))
        except client.exceptions.ClientError as error:
            if _is_absent(error) or _has_changed(error):
                return False
            raise
        return True

    def delete(self, photo_id: str) -> None:
        """Delete the object; no error if there is none."""
        self._client().delete_object(Bucket=self._bucket, Key=UPLOADS + photo_id)


class MediaBucket:
    """Media in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, photo_id: str, version: str, name: str, content: bytes) -> str:
        """Put one file; returns its path on the site."""
        key = f"{MEDIA}{photo_id}/{version}/{name}"
        self._client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=f"image/{name.rpartition('.')[2]}",
            CacheControl=IMMUTABLE,
        )
        return f"/{key}"

    def announce(
        self,
        photo_id: str,
        version: str,
        width: int,
        height: int,
        placeholder: str,
        renditions: Sequence[Rendition],
    ) -> None:
        """Put the object of which S3 tells the catalogue."""
        photo = Photo(photo_id, "", width, height, placeholder, list(renditions))
        self._client().put_object(
            Bucket=self._bucket,
            Key=_announcement(photo_id, version),
            Body=msgspec.json.encode(photo),
            ContentType="application/json",
        )

    def announced(self, photo_id: str, version: str) -> Photo | None:
        """Get the announcement."""
        client = self._client()
        try:
            answer = client.get_object(Bucket=self._bucket, Key=_announcement(photo_id, version))
        except client.exceptions.ClientError as error:
            if _is_absent(error):
                return None
            raise
        with answer["Body"] as body:
            return _decoder.decode(body.read())

    def names(self, photo_id: str) -> list[str]:
        """List the photo's folders."""
        prefixes = [f"{folder}{photo_id}/" for folder in (MEDIA, CATALOGUE)]
        lists = self._client().get_paginator("list_objects_v2")
        pages = (page for prefix in prefixes for page in lists.paginate(Bucket=self._bucket, Prefix=prefix))
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def delete(self, names: Sequence[str], photo_id: str, but: str | None = None) -> None:
        """Delete up to 1,000 objects at a time."""
        kept = (f"{MEDIA}{photo_id}/{but}/", _announcement(photo_id, but)) if but else ()
        keys = [name for name in names if not name.startswith(kept)]
        for start in range(0, len(keys), MANY):
            objects = [{"Key": key} for key in keys[start : start + MANY]]
            answer = self._client().delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := answer.get("Errors"):
                raise OSError(f"{len(errors)} files could not be deleted: {errors[0].get('Code')}")


def _announcement(photo_id: str, version: str) -> str:
    return f"{CATALOGUE}{photo_id}/{version}.json"


def _version_in(key: str) -> str:
    """The version in the key of a file."""
    return key.split("/")[2]


def _version(answer: Any) -> str:
    return str(answer["ETag"]).strip('"')[:_VERSION_LENGTH]


def _is_absent(error: Any) -> bool:
    return error.response["Error"]["Code"] in ("NoSuchKey", "404", "NotFound")


def _has_changed(error: Any) -> bool:
    return str(error.response["Error"]["Code"]) == "PreconditionFailed"


class MediaCopies:
    """The media of the other region's photos in this region's bucket. A photo's announcement is where it was made."""

    def __init__(self, client: Callable[[], Any], bucket: str, peer: str | None, uploads: str) -> None:
        """`peer` is the other region's bucket, None if there is no other region; `uploads` is this region's own."""
        self._client = client
        self._bucket = bucket
        self._peer = peer
        self._uploads = uploads

    def bring(self, photo_id: str, photo: Photo | None) -> None:
        """Have here exactly the files that a photo shows; none if it shows nothing any more.

        A file that is gone in the other region too belongs to a photo that has changed since: of that comes a later
        event.
        """
        made_here = self._keys(CATALOGUE, photo_id)
        wanted = {one.url.removeprefix("/") for one in photo.renditions} if photo else set()
        if self._peer is None or {_announcement(photo_id, _version_in(key)) for key in wanted} & made_here:
            return
        present = self._keys(MEDIA, photo_id)
        client = self._client()
        for key in sorted(wanted - present):
            try:
                client.copy_object(Bucket=self._bucket, Key=key, CopySource={"Bucket": self._peer, "Key": key})
            except client.exceptions.ClientError as error:
                if not _is_absent(error):
                    raise
        if not made_here:
            for key in sorted(present - wanted):
                client.delete_object(Bucket=self._bucket, Key=key)

    def forget(self, photo_id: str) -> None:
        """Delete everything of a photo whose record is gone: it may have been made here, and deleted in the other."""
        client = self._client()
        client.delete_object(Bucket=self._uploads, Key=UPLOADS + photo_id)
        for folder in (CATALOGUE, MEDIA):
            for key in sorted(self._keys(folder, photo_id)):
                client.delete_object(Bucket=self._bucket, Key=key)

    def _keys(self, folder: str, photo_id: str) -> set[str]:
        """At most a few: six files."""
        answer = self._client().list_objects_v2(Bucket=self._bucket, Prefix=f"{folder}{photo_id}/")
        return {item["Key"] for item in answer.get("Contents", [])}
