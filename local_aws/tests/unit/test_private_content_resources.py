"""The Resource of a custom policy, compared with URLs; the first cases are those of the Developer Guide.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
"""

from urllib.parse import urlsplit

import pytest

from local_aws.services.cloudfront.private_content.resource import Url, includes

GUIDE = "https://d111111abcdef8.cloudfront.net/*game_download.zip*"
HOST = "https://www.example.com"


def included(resource, address):
    parts = urlsplit(address)
    return includes(resource, Url(parts.scheme, parts.netloc, parts.path, parts.query))


@pytest.mark.parametrize(
    ("resource", "address"),
    [
        (GUIDE, "https://d111111abcdef8.cloudfront.net/game_download.zip"),
        (GUIDE, "https://d111111abcdef8.cloudfront.net/example_game_download.zip?license=yes"),
        (GUIDE, "https://d111111abcdef8.cloudfront.net/test_game_download.zip?license=temp"),
        (f"{HOST}/hello*world", f"{HOST}/helloworld"),
        (f"{HOST}/hello*world", f"{HOST}/hello-world"),
        (f"{HOST}/hello*", f"{HOST}/hello/there?a=b"),
        ("http://example.com*", "http://example.com/any/path?a=b"),
        ("http://example.com*", "http://example.com.local/"),
        ("*example.com", "https://www.example.com/"),
        ("https://*", f"{HOST}/training/orientation.pdf"),
        ("*", f"{HOST}/any?thing"),
        ("*://www.example.com/a", "http://www.example.com/a"),
        ("http*://www.example.com/a", f"{HOST}/a"),
        (f"{HOST}/horizon.jpg?size=large&license=yes", f"{HOST}/horizon.jpg?size=large&license=yes"),
        (f"{HOST}/horizon.jpg\\?size=large", f"{HOST}/horizon.jpg?size=large"),
        (f"{HOST}/horizon.jpg\\?size=*", f"{HOST}/horizon.jpg?size=large&x=y"),
        (f"{HOST}/part?.ts", f"{HOST}/part1.ts"),
        (f"{HOST}/*/part?.ts", f"{HOST}/a/b/part1.ts"),
        (f"{HOST}/a*a*a", f"{HOST}/aaa"),
        ("https://WWW.example.com/a", f"{HOST}/a"),
        # Without a wildcard, a dot segment is a name like any other.
        (f"{HOST}/a/../b", f"{HOST}/a/../b"),
        (f"{HOST}/a/*", f"{HOST}/a/..b/.c/d..ts"),
    ],
)
def test_included(resource, address):
    assert included(resource, address)


@pytest.mark.parametrize(
    ("resource", "address"),
    [
        (f"{HOST}/hello*world", f"{HOST.replace('.com', '.net')}/hello?world"),
        (f"{HOST}/hello*world", f"{HOST}/hello?world"),
        ("*example.com", "https://www.example.com/path"),
        (f"{HOST}/a", f"{HOST}/a?added=1"),
        (f"{HOST}/a?size=large", f"{HOST}/a"),
        (f"{HOST}/a", "http://www.example.com/a"),
        (f"{HOST}/a/*", f"{HOST}/b/x"),
        (f"{HOST}/a/*", f"{HOST}/A/x"),
        (f"{HOST}/a/*", f"{HOST}/ab/x"),
        (f"{HOST}/a/*", f"{HOST}//a/x"),
        (f"{HOST}/a/*", f"{HOST}/a%2Fx"),
        (f"{HOST}/a/*", f"{HOST}/%61/x"),
        (f"{HOST}/part?.ts", f"{HOST}/part10.ts"),
        (f"{HOST}/part?.ts", f"{HOST}/part.ts"),
        (f"{HOST}/a*a*a", f"{HOST}/aa"),
        (f"{HOST}/ab*ba", f"{HOST}/aba"),
        ("https://*.example.com/a", "https://evil.net/.example.com/a"),
        ("www.example.com/a", f"{HOST}/a"),
        ("/a", f"{HOST}/a"),
        ("", f"{HOST}/a"),
    ],
)
def test_not_included(resource, address):
    assert not included(resource, address)


@pytest.mark.parametrize(
    "path",
    [
        "/content/a/../b/x",
        "/content/a/./../b/x",
        "/content/a/..",
        "/content/a/%2e%2e/b/x",
        "/content/a/%2E%2E/b/x",
        "/content/a/.%2e/b/x",
        "/content/a/%2e%2e%2Fb/x",
        "/content/a/..%2fb/x",
        "/content/a/x%2F..%2F..%2Fb/x",
        "/content/a//../../b/x",
        "/content/a/./x",
    ],
)
@pytest.mark.parametrize("resource", [f"{HOST}/content/a/*", f"{HOST}/content/?/*", f"{HOST}/*", "https://*"])
def test_a_wildcard_does_not_match_dot_segments(resource, path):
    assert not included(resource, f"{HOST}{path}")


def test_many_wildcards_are_matched_quickly():
    assert not included(f"{HOST}/{'*a' * 1000}b", f"{HOST}/{'a' * 8000}")
    assert included(f"{HOST}/{'*?a' * 500}*", f"{HOST}/{'a' * 8000}")
