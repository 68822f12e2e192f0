"""Errors at the edge: how long they are kept, and pages of their own.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
"""

import pytest

from local_aws.testing import wait_until
from local_aws.tests.distributions import (
    ALL_VIEWER_EXCEPT_HOST,
    CACHING_DISABLED,
    CACHING_OPTIMIZED,
    Page,
    behavior,
    custom,
    distribution,
    listed,
    result,
)


@pytest.fixture(scope="module")
def edge(aws, origin):
    disabled = behavior(CACHING_DISABLED, OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST)
    errors = [
        {"ErrorCode": 501, "ErrorCachingMinTTL": 0},
        {"ErrorCode": 503, "ErrorCachingMinTTL": 3600},
    ]
    settings = {"CustomErrorResponses": listed(*errors)}
    behaviors = {
        "/disabled/*": {
            **disabled,
            "AllowedMethods": listed("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"),
        }
    }
    return distribution(aws, [custom(origin.port)], behavior(CACHING_OPTIMIZED), behaviors, **settings)


@pytest.fixture(scope="module")
def friendly(aws, origin):
    origin.pages["/errors/404.html"] = Page(b"<h1>friendly</h1>", headers={"Content-Type": "text/html"})
    pages = [
        {"ErrorCode": 404, "ErrorCachingMinTTL": 3600, "ResponseCode": "404", "ResponsePagePath": "/errors/404.html"},
        {"ErrorCode": 403, "ErrorCachingMinTTL": 0, "ResponseCode": "200", "ResponsePagePath": "/errors/404.html"},
        {"ErrorCode": 500, "ErrorCachingMinTTL": 0, "ResponseCode": "500", "ResponsePagePath": "/errors/gone.html"},
        {"ErrorCode": 502, "ErrorCachingMinTTL": 0, "ResponseCode": "503", "ResponsePagePath": "/errors/404.html"},
    ]
    origins = [custom(origin.port), custom(1, "nobody")]
    behaviors = {"/nobody/*": behavior(target="nobody")}
    return distribution(aws, origins, behavior(), behaviors, CustomErrorResponses=listed(*pages))


@pytest.mark.parametrize("status", [404, 414, 500, 502, 503, 504])
def test_these_errors_are_cached(edge, origin, status):
    path = f"/e{status}"
    origin.pages[path] = Page(b"error", status)
    responses = [edge.get(path) for _ in range(2)]
    assert [(response.status, response.body, result(response)) for response in responses] == [
        (status, b"error", "Error")
    ] * 2
    assert len(origin.asked_for(path)) == 1


@pytest.mark.parametrize("status", [400, 403, 405, 412, 415])
def test_these_errors_are_cached_only_if_the_origin_sets_a_lifetime(edge, origin, status):
    path = f"/e{status}"
    origin.pages[path] = Page(b"error", status)
    origin.pages[f"{path}-told"] = Page(b"error", status, {"Cache-Control": "max-age=3600"})
    for error_path, times in ((path, 2), (f"{path}-told", 1)):
        assert [edge.get(error_path).status for _ in range(2)] == [status] * 2
        assert len(origin.asked_for(error_path)) == times


def test_no_store_prevents_caching_of_4xx_but_not_of_5xx(edge, origin):
    origin.pages["/e404-no-store"] = Page(b"error", 404, {"Cache-Control": "no-store"})
    origin.pages["/e500-no-store"] = Page(b"error", 500, {"Cache-Control": "no-store"})
    for path, times in (("/e404-no-store", 2), ("/e500-no-store", 1)):
        assert [result(edge.get(path)) for _ in range(2)] == ["Error", "Error"]
        assert len(origin.asked_for(path)) == times


def test_an_error_is_not_cached_longer_than_the_behaviors_maximum(edge, origin):
    # The policy that disables caching has a maximum of 0, and so has this error a minimum.
    origin.pages["/disabled/long"] = Page(b"error", 501, {"Cache-Control": "max-age=3600"})
    assert [edge.get("/disabled/long").status for _ in range(2)] == [501, 501]
    assert len(origin.asked_for("/disabled/long")) == 2


def test_an_error_has_its_own_minimum_ttl(aws, edge, origin):
    origin.pages["/own0"] = Page(b"error", 501)
    assert [edge.get("/own0").status for _ in range(2)] == [501, 501]
    assert len(origin.asked_for("/own0")) == 2
    briefly = listed({"ErrorCode": 503, "ErrorCachingMinTTL": 1})
    other = distribution(aws, [custom(origin.port)], behavior(), CustomErrorResponses=briefly)
    origin.pages["/own"] = Page(b"error", 503)
    assert [edge.get("/own").status, other.get("/own").status] == [503, 503]
    origin.pages["/own"] = Page(b"well")
    wait_until(lambda: other.get("/own").body == b"well", "the error's time is over")
    assert edge.get("/own").status == 503


def test_errors_of_get_and_head_are_cached_even_if_caching_is_disabled(edge, origin):
    origin.pages["/disabled/a"] = Page(b"error", 500)
    assert [edge.get("/disabled/a").status for _ in range(2)] == [500, 500]
    assert len(origin.asked_for("/disabled/a")) == 1
    assert [edge.ask("POST", "/disabled/a", body=b"x").status for _ in range(2)] == [500, 500]
    assert len(origin.asked_for("/disabled/a")) == 3


def test_an_error_is_replaced_by_its_custom_page(friendly, origin):
    responses = [friendly.get("/nothing/here") for _ in range(2)]
    for response in responses:
        assert (response.status, response.body, result(response)) == (404, b"<h1>friendly</h1>", "Error")
        assert response.headers["Content-Type"] == "text/html"
    assert len(origin.asked_for("/nothing/here")) == 1
    head = friendly.ask("HEAD", "/nothing/there")
    assert (head.status, head.body, head.headers["Content-Length"]) == (404, b"", "17")


def test_a_page_may_change_the_status(friendly, origin):
    origin.pages["/forbidden"] = Page(b"no", 403)
    response = friendly.get("/forbidden")
    assert (response.status, response.body) == (200, b"<h1>friendly</h1>")
    assert result(response) == "Error"


def test_an_unreachable_origin_is_replaced_by_a_custom_page_too(friendly):
    response = friendly.get("/nobody/a")
    assert (response.status, response.body) == (503, b"<h1>friendly</h1>")


def test_a_missing_custom_page_leaves_the_status_of_its_own_error(friendly, origin):
    origin.pages["/broken"] = Page(b"broken", 500)
    response = friendly.get("/broken")
    assert (response.status, response.body) == (404, b"no such page")


def test_a_custom_page_is_requested_as_its_cache_behavior_forwards_requests(aws, origin):
    origin.pages["/page/error"] = Page(b"error page")
    page = behavior(CACHING_DISABLED, OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST)
    errors = {"ErrorCode": 502, "ErrorCachingMinTTL": 0, "ResponseCode": "503", "ResponsePagePath": "/page/error"}
    origins = [custom(origin.port), custom(1, "nobody")]
    methods = listed("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
    behaviors = {"/page/*": page, "/nobody/*": {**behavior(target="nobody"), "AllowedMethods": methods}}
    edge = distribution(aws, origins, behavior(), behaviors, CustomErrorResponses=listed(errors))
    sent = {"Accept": "application/json", "Range": "bytes=0-1", "If-Match": '"a"'}
    response = edge.ask("POST", "/nobody/a?b=c", sent, b"body")
    assert (response.status, response.body) == (503, b"error page")
    (asked,) = origin.asked_for("/page/error")
    assert (asked.method, asked.path, asked.headers["accept"]) == ("GET", "/page/error", "application/json")
    assert not {"range", "if-match"} & asked.headers.keys()
