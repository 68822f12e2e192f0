"""Compression at the edge.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
"""

import gzip

import pytest

from local_aws.tests.distributions import (
    CACHING_DISABLED,
    Page,
    behavior,
    cache_policy,
    custom,
    distribution,
    result,
)

TEXT = b"all work and no play " * 100
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture(scope="module")
def edge(aws, origin):
    enabled = cache_policy(aws, gzip=True)
    behaviors = {
        "/off/*": behavior(enabled, Compress=False),
        "/disabled/*": behavior(CACHING_DISABLED, Compress=True),
        "/plain/*": behavior(cache_policy(aws), Compress=True),
    }
    return distribution(aws, [custom(origin.port)], behavior(enabled, Compress=True), behaviors)


def page(body=TEXT, kind="text/html; charset=utf-8", status=200, **headers):
    return Page(body, status, {"Content-Type": kind, "Cache-Control": "max-age=3600", **headers})


def test_a_page_is_compressed_once_and_cached_compressed(edge, origin):
    origin.pages["/page"] = page(ETag='"v1"')
    for wanted in ("Miss", "Hit"):
        response = edge.get("/page", GZIP)
        assert (result(response), gzip.decompress(response.body)) == (wanted, TEXT)
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Content-Length"] == str(len(response.body))
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["ETag"] == 'W/"v1"'
    assert edge.get("/page", {**GZIP, "If-None-Match": 'W/"v1"'}).status == 304
    plain = edge.get("/page")
    assert (plain.body, plain.headers["Content-Encoding"], plain.headers["ETag"]) == (TEXT, None, '"v1"')


@pytest.mark.parametrize(
    ("name", "given", "is_compressed"),
    [
        ("size-999", page(b"x" * 999), False),
        ("size-1000", page(b"x" * 1_000), True),
        ("size-10000000", page(b"x" * 10_000_000), True),
        ("size-10000001", page(b"x" * 10_000_001), False),
        ("css", page(kind="text/css"), True),
        ("json", page(kind="application/json"), True),
        ("svg", page(kind="image/svg+xml"), True),
        ("rss", page(kind="application/rss+xml"), True),
        ("xml", page(kind="application/xml"), True),
        ("atom", page(kind="application/atom+xml"), False),
        ("jpeg", page(kind="image/jpeg"), False),
        ("404", page(status=404), True),
        ("403", page(status=403), True),
        ("500", page(status=500), False),
        ("encoded", page(**{"Content-Encoding": "x-own"}), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_these_types_and_sizes_are_compressed(edge, origin, name, given, is_compressed):
    origin.pages[f"/{name}"] = given
    response = edge.get(f"/{name}", GZIP)
    assert (response.headers["Content-Encoding"] == "gzip") == is_compressed
    assert (gzip.decompress(response.body) if is_compressed else response.body) == given.body


def test_compression_needs_the_behavior_the_policy_and_the_viewer(edge, origin):
    for path in ("/off/a", "/disabled/a", "/plain/a", "/here"):
        origin.pages[path] = page()
    for path in ("/off/a", "/disabled/a", "/plain/a"):
        assert edge.get(path, GZIP).body == TEXT
    for accepted in ({}, {"Accept-Encoding": "gzip;q=0"}, {"Accept-Encoding": "deflate"}):
        assert edge.get("/here", accepted).body == TEXT


def test_a_response_that_the_origin_compressed_is_unchanged(edge, origin):
    origin.pages["/brotli"] = page(b"as it came", **{"Content-Encoding": "br", "ETag": '"v1"'})
    response = edge.get("/brotli", GZIP)
    assert (response.body, response.headers["Content-Encoding"], response.headers["ETag"]) == (
        b"as it came",
        "br",
        '"v1"',
    )


def test_a_response_without_content_length_is_not_compressed(edge, origin):
    origin.pages["/chunked"] = page()
    origin.pages["/chunked"].is_chunked = True
    response = edge.get("/chunked", GZIP)
    assert (response.body, response.headers["Content-Encoding"]) == (TEXT, None)


def test_an_invalid_etag_is_removed(edge, origin):
    origin.pages["/odd"] = page(ETag="v1")
    assert edge.get("/odd", GZIP).headers["ETag"] is None
