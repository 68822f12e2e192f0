"""The lifetime of a response by headers and TTLs, and the limits of a cache: tables, without a server.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
"""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from local_aws.services.cloudfront.cache import EdgeCache, Entry
from local_aws.services.cloudfront.cache_control import CacheTtl, Freshness, error_seconds, freshness
from local_aws.services.cloudfront.origin_client import region_of

# Minimum, default, maximum.
FROM_0, FROM_10 = CacheTtl(0, 100, 1000), CacheTtl(10, 100, 1000)


@pytest.mark.parametrize(
    ("value", "seconds_from_0", "seconds_from_10"),
    [
        ("max-age=50", 50, 50),
        ("max-age=5", 5, 10),
        ("max-age=5000", 1000, 1000),
        ("max-age=0", 0, 10),
        ("max-age=50, s-maxage=70", 70, 70),
        ("s-maxage=5000, max-age=50", 1000, 1000),
        ("public", 100, 100),
        ("", 100, 100),
        ("max-age=nonsense", 100, 100),
        ("MAX-AGE=50", 50, 50),
        ('max-age="50"', 50, 50),
        ('no-cache="Set-Cookie", max-age=50', 50, 50),
        ("max-age=99999999999999999999", 1000, 1000),
        pytest.param("max-age=" + "9" * 5000, 1000, 1000, id="more digits than Python reads"),
        pytest.param("max-age=" + "0" * 5000 + "50", 50, 50, id="as many zeros"),
    ],
)
def test_the_lifetime_by_cache_control(value, seconds_from_0, seconds_from_10):
    headers = {"cache-control": value} if value else {}
    assert freshness(headers, FROM_0).seconds == seconds_from_0
    assert freshness(headers, FROM_10).seconds == seconds_from_10


@pytest.mark.parametrize("value", ["no-store", "no-cache", "private", "private, max-age=50", "No-Store"])
def test_a_response_that_may_not_be_cached_is_cached_for_the_minimum_ttl(value):
    assert not freshness({"cache-control": value}, FROM_0).is_storable
    kept = freshness({"cache-control": value}, FROM_10)
    assert (kept.is_storable, kept.seconds) == (True, 10)


@pytest.mark.parametrize(("seconds", "lowest", "highest"), [(50, 45, 50), (5000, 1000, 1000), (-50, 0, 0)])
def test_the_lifetime_by_expires(seconds, lowest, highest):
    expires = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    assert lowest <= freshness({"expires": expires}, FROM_0).seconds <= highest
    assert freshness({"expires": expires, "cache-control": "max-age=7"}, FROM_0).seconds == 7


def test_an_invalid_expires_is_in_the_past():
    assert freshness({"expires": "0"}, FROM_0).seconds == 0
    assert freshness({"expires": "0"}, FROM_10).seconds == 10


def test_the_default_ttl_is_never_below_the_minimum():
    assert freshness({}, CacheTtl(200, 100, 1000)).seconds == 200


def test_stale_lifetimes_end_at_the_maximum_ttl():
    said = freshness({"cache-control": "max-age=1, stale-while-revalidate=5, stale-if-error=6"}, FROM_0)
    assert (said.stale_while_revalidate, said.stale_if_error) == (5, 6)
    said = freshness({"cache-control": "max-age=1, stale-while-revalidate=5000, stale-if-error=6000"}, FROM_0)
    assert (said.stale_while_revalidate, said.stale_if_error) == (1000, 1000)
    assert freshness({}, FROM_0).stale_if_error is None


@pytest.mark.parametrize(
    ("status", "value", "minimum", "seconds"),
    [
        (404, "", None, 10),
        (404, "max-age=60", None, 60),
        (404, "max-age=5", None, 10),
        (404, "s-maxage=5, max-age=60", 1, 5),
        (404, "max-age=5000", None, 1000),
        (404, "max-age=5000", 2000, 2000),
        (404, "no-store", None, 0),
        (404, "private, max-age=60", 60, 0),
        (404, 'no-cache="Set-Cookie"', None, 10),
        (410, "no-store", 60, 0),
        (414, "no-cache", None, 0),
        (501, "private", None, 0),
        (500, "no-store", None, 10),
        (403, "private, max-age=60", None, 60),
        (500, "", 0, 0),
        (500, "max-age=60", 0, 60),
        (403, "", None, 0),
        (403, "", 60, 0),
        (403, "max-age=5", 60, 60),
        (401, "max-age=60", None, 0),
        (416, "max-age=60", 60, 0),
        (429, "", None, 0),
    ],
)
def test_the_lifetime_of_an_error(status, value, minimum, seconds):
    assert error_seconds(status, {"cache-control": value}, minimum, 1000) == seconds


@pytest.mark.parametrize(("seconds", "lowest", "highest"), [(50, 45, 50), (5000, 1000, 1000), (-50, 10, 10)])
def test_the_lifetime_of_an_error_by_expires_ends_at_the_behaviors_maximum(seconds, lowest, highest):
    expires = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    assert lowest <= error_seconds(404, {"expires": expires}, None, 1000) <= highest
    # What tells 400, 403, 405, 412 and 415 from the others is max-age.
    assert error_seconds(403, {"expires": expires}, None, 1000) == 0


@pytest.mark.parametrize(
    ("domain", "region"),
    [
        ("site.s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ("site.s3-eu-west-1.amazonaws.com", "eu-west-1"),
        ("my.site.s3.amazonaws.com", "us-east-1"),
        ("abc123.execute-api.eu-west-1.amazonaws.com", "eu-west-1"),
        ("abc123.lambda-url.eu-central-1.on.aws", "eu-central-1"),
        ("balancer-1.eu-west-1.elb.amazonaws.com", "eu-west-1"),
        ("origin.example.com", ""),
        ("127.0.0.1", ""),
    ],
)
def test_an_origins_region(domain, region):
    assert region_of(domain) == region


# ---- the cache ------------------------------------------------------------------------------------------------------


def entry(address, size=1, fetch=0):
    return Entry(address, 200, {}, b"x" * size, 0, 10, Freshness(True, 10), 200, fetch=fetch)


def key(address, variant=""):
    return ("GET", address, variant)


def filled(cache, *addresses, size=1):
    for address in addresses:
        cache.put(key(address), entry(address, size), cache.generation)
    return cache


def test_the_least_recently_used_object_is_removed_first():
    cache = filled(EdgeCache(most_objects=3), "/a", "/b", "/c")
    assert cache.get(key("/a"))
    filled(cache, "/d")
    assert [bool(cache.get(key(address))) for address in ("/a", "/b", "/c", "/d")] == [True, False, True, True]


def test_the_cache_has_a_maximum_size_in_bytes():
    cache = EdgeCache(most_bytes=100_000)
    filled(cache, *(f"/{number}" for number in range(100)), size=8_000)
    assert 0 < len(cache) < 100
    assert cache.bytes <= 100_000
    cache.invalidate(["/*"])
    assert (len(cache), cache.bytes) == (0, 0)


def test_one_object_cannot_displace_all_others():
    cache = filled(EdgeCache(most_bytes=100_000), "/a")
    filled(cache, "/large", size=30_000)
    assert cache.get(key("/a"))
    assert cache.get(key("/large")) is None


def test_replacing_an_object_counts_it_once():
    cache = filled(EdgeCache(), "/a", size=50_000)
    before = cache.bytes
    filled(cache, "/a", size=50_000)
    assert cache.bytes == before


def test_a_fetch_that_began_before_an_invalidation_is_not_cached():
    cache = EdgeCache()
    before = cache.generation
    cache.invalidate(["/a", "/b*"])
    for address in ("/a", "/bcd", "/c"):
        cache.put(key(address), entry(address), before)
    assert [bool(cache.get(key(address))) for address in ("/a", "/bcd", "/c")] == [False, False, True]
    cache.put(key("/a"), entry("/a"), cache.generation)
    assert cache.get(key("/a"))


def test_a_fetch_that_began_before_an_invalidation_does_not_replace_a_newer_object():
    cache = EdgeCache()
    before, late = cache.generation, cache.begin_fetch()
    cache.invalidate(["/a"])
    cache.put(key("/a"), entry("/a", fetch=cache.begin_fetch()), cache.generation)
    newer = cache.get(key("/a"))
    cache.put(key("/a"), entry("/a", fetch=late), before)
    cache.remove_older(key("/a"), late)
    assert cache.get(key("/a")) is newer


def test_the_response_to_the_later_request_stays_whenever_it_arrives():
    cache = EdgeCache()
    slow, quick = cache.begin_fetch(), cache.begin_fetch()
    cache.put(key("/a"), entry("/a", fetch=quick), cache.generation)
    cache.put(key("/a"), entry("/a", 30_000_000, fetch=slow), cache.generation)
    cache.put(key("/a"), entry("/a", fetch=slow), cache.generation)
    assert cache.get(key("/a")).fetch == quick
    assert cache.remove_older(key("/a"), cache.begin_fetch())
    assert (cache.get(key("/a")), cache.bytes) == (None, 0)


def test_too_many_invalidations_count_as_an_invalidation_of_everything():
    cache = EdgeCache()
    before = cache.generation
    for number in range(1_001):
        cache.invalidate([f"/other/{number}"])
    cache.put(key("/a"), entry("/a"), before)
    assert cache.get(key("/a")) is None
