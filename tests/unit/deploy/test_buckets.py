"""Buckets are emptied, whatever their objects are called."""

from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from botocore.exceptions import ClientError

from deploy.buckets import empty_bucket


class Bucket:
    """An S3 client of one bucket, which reads the keys of DeleteObjects as XML; moto cannot list such versions."""

    def __init__(self, *keys: str) -> None:
        self.versions = [{"Key": key, "VersionId": str(number)} for number, key in enumerate(keys)]

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, Bucket: str) -> list[dict[str, Any]]:  # noqa: N803 - botocore's name
        if Bucket == "absent":
            raise ClientError({"Error": {"Code": "NoSuchBucket"}}, "ListObjectVersions")
        return [{"Versions": self.versions[:2]}, {"Versions": self.versions[2:-1], "DeleteMarkers": self.versions[-1:]}]

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> None:  # noqa: N803 - botocore's names
        for item in Delete["Objects"]:
            key = ElementTree.fromstring(f"<Key>{escape(item['Key'])}</Key>").text
            self.delete_object(Bucket, str(key), item["VersionId"])

    def delete_object(self, Bucket: str, Key: str, VersionId: str) -> None:  # noqa: N803 - botocore's names
        self.versions = [item for item in self.versions if item != {"Key": Key, "VersionId": VersionId}]


def test_every_version_of_every_object_is_deleted():
    bucket = Bucket("a", "a", "a/../b", "a\x01", "a\rb", "a\x01", "a<b")
    assert empty_bucket(bucket, "files") == 7
    assert bucket.versions == []


def test_an_absent_bucket_is_empty():
    assert empty_bucket(Bucket(), "absent") == 0
