"""The objects of the site bucket."""

import pytest
from chalicelib.blog.publishing.model import KindHeaders, StoredObject
from chalicelib.blog.publishing.object_headers import headers_of
from chalicelib.blog.publishing.publishing_table import PublishingTable
from chalicelib.blog.publishing.site_bucket import SiteBucket

from tests.unit.aws import aws_client
from tests.unit.blog.stage import Stage

A_MINUTE = "public, max-age=60, stale-while-revalidate=600"


@pytest.mark.parametrize(
    ("key", "content_type", "cache_control"),
    [
        ("posts/a-walk/index.html", "text/html; charset=utf-8", A_MINUTE),
        # A type that CloudFront compresses.
        ("feed.xml", "application/xml; charset=utf-8", A_MINUTE),
        ("assets/site.0123.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("404.html", "text/html; charset=utf-8", "no-cache"),
    ],
)
def test_an_object_says_its_type_and_how_long_viewers_keep_it(
    blog: Stage, key: str, content_type: str, cache_control: str
):
    SiteBucket(lambda: aws_client("s3"), "site").put(key, b"content")
    stored = aws_client("s3").head_object(Bucket="site", Key=key)
    assert (stored["ContentType"], stored["CacheControl"]) == (content_type, cache_control)


def test_the_headers_of_each_kind_are_noted_for_the_next_run(blog: Stage):
    notes = PublishingTable(lambda: aws_client("dynamodb"), "posts", "us-east-1")
    assert notes.headers() == {}
    headers = {"*.html": KindHeaders(headers_of("*.html"), since=7)}
    notes.note_headers(headers)
    assert notes.headers() == headers


def test_a_list_has_the_etag_and_the_time_of_each_object(blog: Stage):
    bucket = SiteBucket(lambda: aws_client("s3"), "site")
    bucket.put("index.html", b"content")
    written_at = aws_client("s3").head_object(Bucket="site", Key="index.html")["LastModified"]
    expected = StoredObject("9a0364b9e99bb480dd25e1f0284c8555", int(written_at.timestamp()))
    assert bucket.objects()["index.html"] == expected
