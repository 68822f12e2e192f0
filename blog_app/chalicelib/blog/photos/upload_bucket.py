"""Uploaded files in an S3 bucket. Bucket notifications are configured for `uploads/` only, not for `quarantine/`."""

from collections.abc import Callable
from typing import Any

from chalicelib.blog.photos.model import MAX_PHOTO_BYTES, UploadedFile, UploadForm
from chalicelib.blog.photos.object_keys import QUARANTINE, UPLOADS, photo_keys
from chalicelib.blog.s3_objects import has_changed, is_absent

# So many characters of an ETag are enough to distinguish the uploads of one photo.
_VERSION_LENGTH = 12


class UploadBucket:
    """Uploads in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def form(self, photo_id: str, content_type: str, seconds: int) -> UploadForm:
        """Sign a form for one file of this type, of at most 20 MB.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        signed = self._client().generate_presigned_post(
            self._bucket,
            UPLOADS + photo_id,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, MAX_PHOTO_BYTES]],
            ExpiresIn=seconds,
        )
        return UploadForm(signed["url"], signed["fields"])

    def version(self, photo_id: str) -> str | None:
        """Read the object's ETag."""
        client = self._client()
        try:
            head = client.head_object(Bucket=self._bucket, Key=UPLOADS + photo_id)
        except client.exceptions.ClientError as error:
            if is_absent(error):
                return None
            raise
        return _version(head)

    def read(self, key: str, max_bytes: int) -> UploadedFile | None:
        """Get an object's first bytes."""
        client = self._client()
        try:
            response = client.get_object(Bucket=self._bucket, Key=key)
        except client.exceptions.ClientError as error:
            if is_absent(error):
                return None
            raise
        with response["Body"] as body:
            return UploadedFile(_version(response), response["ETag"], body.read(max_bytes))

    def quarantine(self, key: str, etag: str | None = None) -> bool:
        """Copy an object to quarantine and delete it; an absent one has been moved already.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
        """
        client, source = self._client(), {"Bucket": self._bucket, "Key": key}
        target = QUARANTINE + key.removeprefix(UPLOADS)
        try:
            condition = {"CopySourceIfMatch": etag} if etag else {}
            client.copy_object(Bucket=self._bucket, Key=target, CopySource=source, **condition)
            client.delete_object(**source, **({"IfMatch": etag} if etag else {}))
        except client.exceptions.ClientError as error:
            if is_absent(error) or has_changed(error):
                return False
            raise
        return True

    def delete(self, photo_id: str) -> None:
        """Delete the object and its copy in quarantine; absent ones are not an error."""
        # In this order: after the first deletion, nothing can be copied to quarantine.
        for key in photo_keys(photo_id):
            self._client().delete_object(Bucket=self._bucket, Key=key)


def _version(response: Any) -> str:
    return str(response["ETag"]).strip('"')[:_VERSION_LENGTH]
