"""What adapters of S3 have in common: lists, deletions and errors."""

from collections.abc import Iterator, Sequence
from typing import Any

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
_MAX_DELETED = 1000


def list_objects(client: Any, bucket: str, prefix: str = "") -> Iterator[Any]:
    """List the objects below a prefix, each with its `Key` and `ETag`."""
    request = {"Bucket": bucket, **({"Prefix": prefix} if prefix else {})}
    for page in client.get_paginator("list_objects_v2").paginate(**request):
        yield from page.get("Contents", [])


def delete_objects(client: Any, bucket: str, keys: Sequence[str]) -> None:
    """Delete objects; one that is absent is not an error.

    Raises
    ------
    OSError
        S3 has not deleted some of them.
    """
    for start in range(0, len(keys), _MAX_DELETED):
        objects = [{"Key": key} for key in keys[start : start + _MAX_DELETED]]
        response = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := response.get("Errors"):
            raise OSError(f"{len(errors)} objects could not be deleted: {errors[0].get('Code')}")


def is_absent(error: Any) -> bool:
    """Whether S3 says that there is no such object."""
    return error.response["Error"]["Code"] in ("NoSuchKey", "404", "NotFound")


def has_changed(error: Any) -> bool:
    """Whether S3 says that the object is not the expected one."""
    return str(error.response["Error"]["Code"]) == "PreconditionFailed"
