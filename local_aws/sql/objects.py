"""S3 objects as files of a query: lists, reads and writes them with the permissions of one principal."""

import contextlib
import contextvars
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ministack.services import s3

from local_aws import main_loop
from local_aws.sql.rights import Rights
from local_aws.state import saver


class AccessDenied(Exception):
    """IAM does not allow the principal this action on the object or bucket."""


class NoSuchBucket(Exception):
    """The bucket does not exist."""


class NoSuchKey(Exception):
    """The object does not exist."""


@dataclass(frozen=True)
class StoredObject:
    """One object of a listing; `size` in bytes."""

    bucket: str
    key: str
    size: int
    etag: str

    @property
    def uri(self) -> str:
        """The object's address, `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"


def split_uri(uri: str) -> tuple[str, str]:
    """The bucket and the key or prefix of an `s3://` URI; raises ValueError for others."""
    scheme, separator, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a") or not separator or not bucket:
        raise ValueError(f"not an S3 location: {uri}")
    return bucket, key


class Objects:
    """The objects that one principal may use. Call this in the request's context (account and region).

    All methods raise AccessDenied and NoSuchBucket.
    """

    def __init__(self, rights: Rights) -> None:
        self._rights = rights

    def listing(self, bucket: str, prefix: str) -> list[StoredObject]:
        """The objects whose keys begin with `prefix`, sorted by key. Needs s3:ListBucket."""
        self._check("s3:ListBucket", bucket, condition_keys={"s3:prefix": prefix})
        records = self._bucket(bucket)["objects"]
        keys = sorted(key for key in list(records) if key.startswith(prefix))
        found = [(key, records.get(key)) for key in keys]
        return [StoredObject(bucket, key, int(each["size"]), str(each["etag"])) for key, each in found if each]

    def read(self, bucket: str, key: str) -> bytes:
        """An object's bytes. Needs s3:GetObject; raises NoSuchKey."""
        self._check("s3:GetObject", bucket, key)
        self._bucket(bucket)
        body = s3._get_object_data(bucket, key)
        if body is None:
            raise NoSuchKey(f"s3://{bucket}/{key}")
        return bytes(body)

    def link(self, bucket: str, key: str, path: Path) -> None:
        """Make an object the file `path` of a query. Needs s3:GetObject; raises NoSuchKey.

        The file is a hard link where possible, so nothing is copied.
        A later version of the object does not change the file: S3 replaces its files and does not write into them.
        """
        self._check("s3:GetObject", bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = s3._object_disk_path(bucket, key)
        with contextlib.suppress(OSError):
            if stored and key in self._bucket(bucket)["objects"]:
                os.link(stored, path)
                return
        path.write_bytes(self.read(bucket, key))

    def put(self, bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object, with its event notifications. Needs s3:PutObject.

        Call this from other threads than the event loop's.
        """
        self._check("s3:PutObject", bucket, key)
        self._bucket(bucket)
        headers = {"content-type": content_type, "content-length": str(len(body))}
        context = contextvars.copy_context()
        status, _, answer = main_loop.run_between_requests(
            lambda: context.run(s3._put_object, bucket, key, body, headers)
        )
        if status >= 300:
            raise AccessDenied(f"s3://{bucket}/{key}: {answer[:200]!r}")
        saver.mark_changed()

    def _check(self, action: str, bucket: str, key: str = "", condition_keys: Mapping[str, str] | None = None) -> None:
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        if not self._rights.allow(action, resource, condition_keys or {}):
            raise AccessDenied(f"{action} on {resource}")

    @staticmethod
    def _bucket(bucket: str) -> dict[str, Any]:
        record = s3._buckets.get(bucket)
        if record is None:
            raise NoSuchBucket(bucket)
        return record  # type: ignore[no-any-return]
