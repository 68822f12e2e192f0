"""`down`: empties buckets, because CloudFormation deletes no bucket that has objects."""

import re
from typing import Any

from botocore.exceptions import ClientError

# Users choose keys, and S3 takes any character. XML 1.0, in which DeleteObjects takes keys, has no control characters,
# and its line ends are all read as line feeds: https://www.w3.org/TR/xml/#charsets
_NOT_IN_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def empty_bucket(client: Any, bucket: str) -> int:
    """Delete every version of every object and return their number; 0 if the bucket is absent."""
    count = 0
    try:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            _delete(client, bucket, [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in versions])
            count += len(versions)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
    return count


def _delete(client: Any, bucket: str, objects: list[dict[str, str]]) -> None:
    """Delete at most 1,000 objects."""
    together = [item for item in objects if not _NOT_IN_XML.search(item["Key"])]
    if together:
        client.delete_objects(Bucket=bucket, Delete={"Objects": together, "Quiet": True})
    for item in objects:
        if _NOT_IN_XML.search(item["Key"]):
            client.delete_object(Bucket=bucket, **item)
