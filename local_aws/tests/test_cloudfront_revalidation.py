"""Expired objects: revalidation, stale responses, failing origins, merged requests; conditions and ranges."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from local_aws.testing import wait_until
from local_aws.tests.distributions import (
    ALL_VIEWER_EXCEPT_HOST,
    Page,
    behavior,
    cache_policy,
    custom,
    distribution,
    listed,
    result,
    running_origin,
)

# More digits than Python makes a number of.
MANY = "9" * 5000


@pytest.fixture(scope="module")
def edge(aws, origin):
    by_code = [{"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in (500, 502, 503, 504)]
    settings = {"CustomErrorResponses": listed(*by_code)}
    policy = cache_policy(aws, query="all")
    cookies = {"/cookies/*": behavior(policy, OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST)}
    return distribution(aws, [custom(origin.port)], behavior(policy), cookies, **settings)


def once_expired(edge, path, wanted):
    """The first response with one of these results."""
    return wait_until(lambda: (response := edge.get(path)) and result(response) in wanted and response, f"{wanted}")


def test_an_expired_object_is_requested_with_its_validators(edge, origin):
    modified = "Mon, 02 Jan 2023 03:04:05 GMT"
    headers = {"Cache-Control": "max-age=1", "ETag": '"v1"', "Last-Modified": modified}
    origin.pages["/etag"] = Page(b"same", headers=headers)
    edge.get("/etag")
    origin.pages["/etag"] = Page(b"same", headers=headers | {"Cache-Control": "max-age=3600"})
    renewed = once_expired(edge, "/etag", {"RefreshHit"})
    assert (renewed.status, renewed.body) == (200, b"same")
    asked = origin.asked_for("/etag")[1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"v1"', modified)
    assert result(edge.get("/etag")) == "Hit"
    origin.pages["/changes"] = Page(b"same", headers=headers)
    edge.get("/changes")
    origin.pages["/changes"] = Page(b"other", headers=headers | {"ETag": '"v2"'})
    changed = once_expired(edge, "/changes", {"Miss"})
    assert changed.body == b"other"


def test_an_object_with_max_age_0_is_cached_and_revalidated_each_time(edge, origin):
    origin.pages["/zero"] = Page(headers={"Cache-Control": "max-age=0", "ETag": '"v1"'})
    assert [result(edge.get("/zero")) for _ in range(3)] == ["Miss", "RefreshHit", "RefreshHit"]


def test_a_stale_object_is_served_while_it_is_revalidated(edge, origin):
    headers = {"Cache-Control": "max-age=1, stale-while-revalidate=3600"}
    origin.pages["/swr"] = Page(b"old", headers=headers)
    edge.get("/swr")
    gate = threading.Event()
    origin.pages["/swr"] = Page(b"new", headers={"Cache-Control": "max-age=3600"}, gate=gate)
    wait_until(lambda: edge.get("/swr").body and len(origin.asked_for("/swr")) == 2, "the edge revalidates")
    # The origin has not answered yet, and nobody waits for it.
    stale = edge.get("/swr")
    assert (stale.body, result(stale)) == (b"old", "Hit")
    gate.set()
    wait_until(lambda: edge.get("/swr").body == b"new", "the new object")
    assert len(origin.asked_for("/swr")) == 2


@pytest.mark.parametrize("directive", ["", ", stale-if-error=3600"])
def test_an_expired_object_is_served_in_place_of_the_origins_error(edge, origin, directive):
    path = f"/trouble{len(directive)}"
    origin.pages[path] = Page(b"good", headers={"Cache-Control": f"max-age=1{directive}"})
    edge.get(path)
    origin.pages[path] = Page(b"bad", 500)
    stale = once_expired(edge, path, {"RefreshHit"})
    assert (stale.status, stale.body) == (200, b"good")
    origin.pages[path] = Page(b"gone", 404)
    assert edge.get(path).status == 404


def test_a_failing_origin_gets_no_request_for_a_while(aws, origin):
    kept = listed({"ErrorCode": 500, "ErrorCachingMinTTL": 3600})
    edge = distribution(aws, [custom(origin.port)], behavior(cache_policy(aws)), CustomErrorResponses=kept)
    origin.pages["/resting"] = Page(b"good", headers={"Cache-Control": "max-age=1"})
    edge.get("/resting")
    origin.pages["/resting"] = Page(b"bad", 500)
    once_expired(edge, "/resting", {"RefreshHit"})
    assert [result(edge.get("/resting")) for _ in range(2)] == ["Hit", "Hit"]
    assert len(origin.asked_for("/resting")) == 2


def test_an_object_that_becomes_no_store_is_removed(edge, origin):
    origin.pages["/no-more"] = Page(headers={"Cache-Control": "max-age=1", "ETag": '"v1"'})
    edge.get("/no-more")
    origin.pages["/no-more"] = Page(headers={"Cache-Control": "no-store", "ETag": '"v1"'})
    assert once_expired(edge, "/no-more", {"RefreshHit"}).status == 200
    assert result(edge.get("/no-more")) == "Miss"


def test_an_object_that_the_origin_withdrew_is_not_served_in_place_of_an_error(edge, origin):
    origin.pages["/withdrawn"] = Page(b"good", headers={"Cache-Control": "max-age=1"})
    edge.get("/withdrawn")
    origin.pages["/withdrawn"] = Page(b"hidden", 403)
    assert once_expired(edge, "/withdrawn", {"Error"}).status == 403
    origin.pages["/withdrawn"] = Page(b"bad", 500)
    assert edge.get("/withdrawn").status == 500


def test_stale_if_error_0_passes_the_error_on(edge, origin):
    origin.pages["/strict"] = Page(b"good", headers={"Cache-Control": "max-age=1, stale-if-error=0"})
    edge.get("/strict")
    origin.pages["/strict"] = Page(b"bad", 500)
    assert once_expired(edge, "/strict", {"Error"}).status == 500


def test_an_expired_object_is_served_while_the_origin_is_unreachable(aws):
    with running_origin() as origin:
        origin.pages["/a"] = Page(b"good", headers={"Cache-Control": "max-age=1"})
        edge = distribution(aws, [custom(origin.port)], behavior(cache_policy(aws)))
        edge.get("/a")
    stale = once_expired(edge, "/a", {"RefreshHit"})
    assert stale.body == b"good"
    other = edge.get("/b")
    assert (other.status, result(other)) == (502, "Error")


def at_once(edge, path, count, origin, seen):
    """`count` requests, of which `seen` have reached the origin before its gate opens."""
    with ThreadPoolExecutor(count) as pool:
        waiting = [pool.submit(edge.get, path) for _ in range(count)]
        wait_until(lambda: len(origin.asked_for(path)) >= seen, "the origin is asked")
        gate = origin.pages[path].gate
        gate.set()
        return [future.result() for future in waiting]


def test_simultaneous_requests_for_one_object_are_one_request_to_the_origin(edge, origin):
    origin.pages["/many"] = Page(b"x", headers={"Cache-Control": "max-age=3600"}, gate=threading.Event())
    responses = at_once(edge, "/many", 8, origin, 1)
    assert len(origin.asked_for("/many")) == 1
    assert sorted(map(result, responses)) == ["Hit"] * 7 + ["Miss"]
    assert {response.body for response in responses} == {b"x"}


def test_responses_that_may_not_be_cached_are_not_shared(edge, origin):
    origin.pages["/private"] = Page(b"x", headers={"Cache-Control": "private"}, gate=threading.Event())
    responses = at_once(edge, "/private", 4, origin, 1)
    assert len(origin.asked_for("/private")) == 4
    assert {result(response) for response in responses} == {"Miss"}


def test_simultaneous_requests_are_merged_where_cookies_are_forwarded_too(edge, origin):
    origin.pages["/cookies/many"] = Page(b"x", headers={"Cache-Control": "max-age=3600"}, gate=threading.Event())
    responses = at_once(edge, "/cookies/many", 4, origin, 1)
    assert len(origin.asked_for("/cookies/many")) == 1
    assert sorted(map(result, responses)) == ["Hit"] * 3 + ["Miss"]


def test_a_response_that_sets_a_cookie_is_not_shared(edge, origin):
    headers = {"Cache-Control": "max-age=3600", "Set-Cookie": "sid=1"}
    paths = (f"/cookies/own/{number}" for number in itertools.count())

    def attempt():
        path = next(paths)
        origin.pages[path] = Page(b"x", headers=headers, gate=threading.Event())
        responses = at_once(edge, path, 4, origin, 1)
        return len(origin.asked_for(path)), [result(response) for response in responses]

    # A request that arrives after the first response gets that from the cache: then they were not simultaneous.
    wait_until(attempt, "four simultaneous requests", lambda seen: seen == (4, ["Miss"] * 4))


def overtaken(edge, origin, path, slow, headers=None, between=lambda: None):
    """An object that was requested while the origin still delayed its response `slow` to an earlier request."""
    slow.gate = threading.Event()
    origin.pages[path], before = slow, len(origin.asked_for(path))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(edge.get, path, headers)
        wait_until(lambda: len(origin.asked_for(path)) > before, "the origin is asked")
        between()
        origin.pages[path] = Page(b"new", headers={"Cache-Control": "max-age=3600"})
        assert edge.get(path).body == b"new"
        slow.gate.set()
        waiting.result()
    return edge.get(path)


def test_a_slow_response_does_not_replace_that_of_a_later_request(edge, origin):
    # A range is a request of its own; the origin answers with the whole.
    slow = Page(b"old", headers={"Cache-Control": "max-age=3600"})
    kept = overtaken(edge, origin, "/slow", slow, {"Range": "bytes=0-1"})
    assert (result(kept), kept.body) == ("Hit", b"new")


@pytest.mark.parametrize("said", ["max-age=3600", "no-store"])
def test_a_fetch_that_began_before_an_invalidation_keeps_the_newer_object(edge, origin, said):
    path = f"/overtaken-{said[:2]}"
    origin.pages[path] = Page(b"first", headers={"Cache-Control": "max-age=0"})
    edge.get(path)
    slow = Page(b"old", headers={"Cache-Control": said})
    kept = overtaken(edge, origin, path, slow, between=lambda: edge.invalidate(path))
    assert (result(kept), kept.body) == ("Hit", b"new")


def test_the_edge_evaluates_a_viewers_condition(edge, origin):
    modified = "Mon, 02 Jan 2023 03:04:05 GMT"
    headers = {"Cache-Control": "max-age=3600", "ETag": '"v1"', "Last-Modified": modified}
    origin.pages["/condition"] = Page(b"12345", headers=headers)
    for wanted in ("Miss", "Hit"):
        # A 304's length is that of the object (RFC 9110 section 8.6).
        same = edge.get("/condition", {"If-None-Match": '"v0", W/"v1"'})
        assert (same.status, same.body, result(same), same.headers["ETag"]) == (304, b"", wanted, '"v1"')
        assert same.headers["Content-Length"] == "5"
    assert edge.get("/condition", {"If-Modified-Since": modified}).status == 304
    assert edge.get("/condition", {"If-None-Match": '"v0"', "If-Modified-Since": modified}).status == 200
    assert edge.get("/condition", {"If-Modified-Since": "Sun, 01 Jan 2023 03:04:05 GMT"}).status == 200
    assert edge.get("/condition", {"If-None-Match": "*"}).status == 304
    assert len(origin.asked_for("/condition")) == 1


@pytest.mark.parametrize("name", ["If-Match", "If-Unmodified-Since", "If-Range"])
def test_conditions_that_only_the_origin_can_evaluate_bypass_the_cache(edge, origin, name):
    path = f"/{name}"
    origin.pages[path] = Page(b"12345", headers={"Cache-Control": "max-age=3600", "ETag": '"v1"'})
    edge.get(path)
    response = edge.get(path, {name: '"v0"', "Range": "bytes=0-1"})
    assert (result(response), response.status, response.body) == ("Miss", 200, b"12345")
    assert origin.asked_for(path)[1].headers[name.lower()] == '"v0"'
    origin.pages[path] = Page(b"", 412)
    assert edge.get(path, {name: '"v0"', "If-None-Match": '"v1"'}).status == 412


@pytest.mark.parametrize(
    ("wanted", "status", "body", "content_range"),
    [
        ("bytes=0-1", 206, b"12", "bytes 0-1/5"),
        ("bytes=3-", 206, b"45", "bytes 3-4/5"),
        ("bytes=-2", 206, b"45", "bytes 3-4/5"),
        ("bytes=2-99", 206, b"345", "bytes 2-4/5"),
        ("bytes=5-", 416, b"", "bytes */5"),
        ("bytes=3-1", 200, b"12345", None),
        ("lines=1-2", 200, b"12345", None),
        (f"bytes=0-{MANY}", 206, b"12345", "bytes 0-4/5"),
        (f"bytes={MANY}-", 416, b"", "bytes */5"),
        (f"bytes=-{MANY}", 206, b"12345", "bytes 0-4/5"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_range_of_a_cached_object_is_served_from_the_cache(edge, origin, wanted, status, body, content_range):
    origin.pages["/range"] = Page(b"12345", headers={"Cache-Control": "max-age=3600"})
    edge.get("/range")
    response = edge.get("/range", {"Range": wanted})
    assert (response.status, response.body, response.headers["Content-Range"]) == (status, body, content_range)
    assert result(response) == "Hit"
    assert len(origin.asked_for("/range")) == 1


def test_a_range_that_is_not_cached_is_requested_and_cached(edge, origin):
    headers = {"Cache-Control": "max-age=3600", "Content-Range": "bytes 0-1/5"}
    origin.pages["/parts"] = Page(b"12", 206, headers)
    first, second = (edge.get("/parts", {"Range": "bytes=0-1"}) for _ in range(2))
    assert (result(first), first.status, first.body) == ("Miss", 206, b"12")
    assert (result(second), second.status, second.headers["Content-Range"]) == ("Hit", 206, "bytes 0-1/5")
    assert origin.asked_for("/parts")[0].headers["range"] == "bytes=0-1"
    assert result(edge.get("/parts")) == "Miss"
