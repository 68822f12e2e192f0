"""The files of photos that were made in the other region."""

import pytest
from chalicelib.blog.photos.media_replica import MediaReplica
from chalicelib.blog.photos.model import Photo, Rendition

from tests.e2e.blog.photo_files import photo_of
from tests.unit.aws import aws_client
from tests.unit.blog.photo_stage import objects


@pytest.fixture
def replica(blog):
    """A photo's files in the other region's bucket, and what copies them to this region's."""
    s3 = aws_client("s3")
    s3.create_bucket(Bucket="peer")  # In us-east-1 it may be there already.
    for key in (key_of("one"), key_of("two")):
        s3.put_object(Bucket="peer", Key=key, Body=key.encode())
    return MediaReplica(lambda: s3, bucket="media", source="peer", uploads="uploads")


def key_of(version: str) -> str:
    return f"media/{photo_of(1)}/{version}/375.webp"


def shown(version: str) -> Photo:
    return Photo(photo_of(1), "", 375, 200, "data:,", [Rendition(f"/{key_of(version)}", 375, 200, "webp")])


def test_the_shown_version_of_the_other_regions_photo_is_replicated(replica):
    replica.replicate(photo_of(1), shown("one"))
    assert objects("media") == [key_of("one")]
    replica.replicate(photo_of(1), shown("two"))
    assert objects("media") == [key_of("two")]
    replica.replicate(photo_of(1), None)
    assert objects("media") == []


def test_a_later_version_of_the_other_region_is_copied_beside_one_that_was_made_here(replica):
    s3 = aws_client("s3")
    announcement = f"catalogue/{photo_of(1)}/one.json"
    for key in (announcement, key_of("one")):
        s3.put_object(Bucket="media", Key=key, Body=b"made here")
    replica.replicate(photo_of(1), shown("one"))
    assert objects("media") == [announcement, key_of("one")]
    replica.replicate(photo_of(1), shown("two"))
    assert objects("media") == [announcement, key_of("one"), key_of("two")]


def test_a_photo_that_was_made_here_and_deleted_in_the_other_region_is_deleted(replica):
    s3 = aws_client("s3")
    for key in (f"uploads/{photo_of(1)}", f"quarantine/{photo_of(1)}"):
        s3.put_object(Bucket="uploads", Key=key, Body=b"sent here")
    s3.put_object(Bucket="uploads", Key=f"uploads/{photo_of(2)}", Body=b"another")
    for key in (f"catalogue/{photo_of(1)}/one.json", key_of("one")):
        s3.put_object(Bucket="media", Key=key, Body=b"made here")
    replica.purge(photo_of(1))
    assert objects("media") == []
    assert objects("uploads") == [f"uploads/{photo_of(2)}"]
