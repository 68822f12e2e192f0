"""What CloudFront caches, for whom, and for how long: the cache key, TTLs, methods, Set-Cookie, Vary."""

import pytest

from local_aws.testing import wait_until
from local_aws.tests.distributions import (
    ALL_VIEWER_EXCEPT_HOST,
    CACHING_DISABLED,
    CACHING_OPTIMIZED,
    Page,
    behavior,
    cache_policy,
    custom,
    distribution,
    listed,
    result,
)

CACHED = {"Cache-Control": "max-age=3600"}
OPTIONS_TOO = {
    **listed("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"),
    "CachedMethods": listed("GET", "HEAD", "OPTIONS"),
}


@pytest.fixture(scope="module")
def edge(aws, origin):
    def policy(**settings):
        return behavior(cache_policy(aws, **settings))

    behaviors = {
        "/by-query/*": policy(query=["page", "tag"]),
        "/all-queries/*": policy(query="all"),
        "/by-header/*": policy(headers=["X-Language"]),
        "/by-cookie/*": policy(cookies=["country"]),
        "/gzip/*": policy(gzip=True),
        "/min/*": policy(ttls=(3600, 3600, 7200)),
        "/short/*": policy(ttls=(0, 1, 1)),
        "/options/*": behavior(AllowedMethods=OPTIONS_TOO),
        "/disabled/*": behavior(CACHING_DISABLED, OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST),
    }
    return distribution(aws, [custom(origin.port)], behavior(CACHING_OPTIMIZED), behaviors)


def test_a_second_viewer_gets_the_object_from_the_cache(edge, origin):
    origin.pages["/a"] = Page(b"one", headers=CACHED)
    first, second = edge.get("/a"), edge.get("/a")
    assert (result(first), first.body, first.headers["Age"]) == ("Miss", b"one", None)
    assert (result(second), second.body) == ("Hit", b"one")
    assert second.headers["Cache-Control"] == "max-age=3600"
    assert wait_until(lambda: int(edge.get("/a").headers["Age"]), "the object grows older") < 3600
    assert len(origin.asked_for("/a")) == 1


def test_viewers_cannot_bypass_the_cache(edge, origin):
    origin.pages["/fresh"] = Page(headers=CACHED)
    edge.get("/fresh")
    assert result(edge.get("/fresh", {"Cache-Control": "no-cache", "Pragma": "no-cache"})) == "Hit"


def test_only_the_policys_parameters_are_in_the_cache_key_and_reach_the_origin(edge, origin):
    origin.pages["/by-query/a"] = Page(headers=CACHED)
    assert result(edge.get("/by-query/a?page=1&utm_source=x")) == "Miss"
    assert result(edge.get("/by-query/a?page=1&utm_source=y")) == "Hit"
    assert result(edge.get("/by-query/a?page=2")) == "Miss"
    assert result(edge.get("/by-query/a?page=1&tag=z")) == "Miss"
    assert result(edge.get("/by-query/a?tag=z&page=1")) == "Miss"
    assert origin.asked_for("/by-query/a")[0].path == "/by-query/a?page=1"


def test_a_filtered_query_keeps_its_order_and_spelling(edge, origin):
    origin.pages["/by-query/b"] = Page(headers=CACHED)
    edge.get("/by-query/b?tag=a%20b&x=1&page=2&y=%2f&tag=c+d&%70age=3")
    assert origin.asked_for("/by-query/b")[0].path == "/by-query/b?tag=a%20b&page=2&tag=c+d&%70age=3"


def test_case_and_order_of_a_query_are_in_the_cache_key_or_the_query_is_not(edge, origin):
    origin.pages["/all-queries/a"] = origin.pages["/none"] = Page(headers=CACHED)
    for query in ("color=red&size=l", "size=l&color=red", "color=Red&size=l", "Color=red&size=l"):
        assert result(edge.get(f"/all-queries/a?{query}")) == "Miss"
    assert result(edge.get("/none?a=1")) == "Miss"
    assert result(edge.get("/none?a=2")) == "Hit"


def test_headers_and_cookies_are_in_the_cache_key_only_if_the_policy_names_them(edge, origin):
    origin.pages["/by-header/a"] = origin.pages["/by-cookie/a"] = origin.pages["/plain"] = Page(headers=CACHED)
    assert result(edge.get("/by-header/a", {"X-Language": "de"})) == "Miss"
    assert result(edge.get("/by-header/a", {"X-Language": "en"})) == "Miss"
    assert result(edge.get("/by-header/a", {"X-Language": "de", "X-Other": "1"})) == "Hit"
    assert result(edge.get("/by-cookie/a", {"Cookie": "country=uk; a=1"})) == "Miss"
    assert result(edge.get("/by-cookie/a", {"Cookie": "b=2; country=uk"})) == "Hit"
    assert result(edge.get("/by-cookie/a", {"Cookie": "country=fr"})) == "Miss"
    assert origin.asked_for("/by-cookie/a")[0].headers["cookie"] == "country=uk"
    edge.get("/plain", {"X-Language": "de", "Cookie": "a=1"})
    assert result(edge.get("/plain", {"X-Language": "en", "Cookie": "a=2"})) == "Hit"
    assert "cookie" not in origin.asked_for("/plain")[0].headers


@pytest.mark.parametrize(
    ("sent", "forwarded"),
    [
        ("gzip, deflate, br", "br,gzip"),
        ("br;q=1.0, gzip;q=0.5, *;q=0.1", "br,gzip"),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip;q=0, br", "br"),
        ("deflate", "identity"),
        (None, "identity"),
    ],
)
def test_accept_encoding_is_normalised(edge, origin, sent, forwarded):
    path = f"/gzip/{forwarded}-{len(sent or '')}"
    origin.pages[path] = Page(headers=CACHED)
    edge.get(path, {"Accept-Encoding": sent} if sent else {})
    assert origin.asked_for(path)[0].headers["accept-encoding"] == forwarded
    same = {"br,gzip": "br, gzip", "identity": "zstd"}.get(forwarded, forwarded)
    assert result(edge.get(path, {"Accept-Encoding": same})) == "Hit"


@pytest.mark.parametrize("value", ["no-store", "no-cache", "private", "private, max-age=3600"])
def test_directives_against_caching_apply_only_if_the_minimum_ttl_is_0(edge, origin, value):
    name = value.replace(", ", "-")
    headers = {"Cache-Control": value}
    origin.pages[f"/by-header/{name}"] = origin.pages[f"/min/{name}"] = Page(headers=headers)
    assert [result(edge.get(f"/by-header/{name}")) for _ in range(2)] == ["Miss", "Miss"]
    assert [result(edge.get(f"/min/{name}")) for _ in range(2)] == ["Miss", "Hit"]


def test_the_maximum_ttl_shortens_a_longer_lifetime(edge, origin):
    origin.pages["/short/a"] = Page(b"old", headers={"Cache-Control": "max-age=3600"})
    wait_until(lambda: result(edge.get("/short/a")) == "Hit", "the object is in the cache")
    origin.pages["/short/a"] = Page(b"new", headers={"Cache-Control": "max-age=3600"})
    wait_until(lambda: edge.get("/short/a").body == b"new", "the object expires")


def test_caching_disabled_forwards_each_request_as_the_viewer_sent_it(edge, origin):
    origin.pages["/disabled/a"] = Page(headers={**CACHED, "ETag": '"1"', "Set-Cookie": "a=1"})
    responses = [edge.get("/disabled/a?x=1", {"X-Mine": "1", "Cookie": "b=2"}) for _ in range(2)]
    assert [result(response) for response in responses] == ["Miss", "Miss"]
    assert responses[0].headers["Set-Cookie"] == "a=1"
    asked = origin.asked_for("/disabled/a")[1]
    assert (asked.path, asked.headers["x-mine"], asked.headers["cookie"]) == ("/disabled/a?x=1", "1", "b=2")
    assert edge.get("/disabled/a", {"If-None-Match": '"1"'}).status == 304


def test_head_is_served_from_a_cached_get_and_other_methods_are_never_cached(edge, origin):
    origin.pages["/options/a"] = Page(b"12345", headers=CACHED)
    edge.get("/options/a")
    head = edge.ask("HEAD", "/options/a")
    assert (result(head), head.headers["Content-Length"], head.body) == ("Hit", "5", b"")
    assert [result(edge.ask("POST", "/options/a", body=b"x")) for _ in range(2)] == ["Miss", "Miss"]
    assert [result(edge.ask("OPTIONS", "/options/a")) for _ in range(2)] == ["Miss", "Hit"]
    assert [asked.method for asked in origin.asked_for("/options/a")] == ["GET", "POST", "POST", "OPTIONS"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_body_is_refused_for_methods_without_one(edge, origin, method):
    path = f"/options/body-{method}"
    refused = edge.ask(method, path, body=b"{}")
    assert (refused.status, result(refused)) == (403, "Error")
    assert origin.asked_for(path) == []
    origin.pages[path] = Page(b"12345")
    assert edge.ask(method, path, body=b"").status == 200


def test_authorization_reaches_the_origin_with_methods_that_are_not_cached(edge, origin):
    origin.pages["/options/auth"] = origin.pages["/auth"] = Page()
    for method, path in (("GET", "/options/auth"), ("OPTIONS", "/options/auth"), ("POST", "/options/auth")):
        edge.ask(method, path, {"Authorization": "Bearer x"}, b"x" if method == "POST" else None)
    asked = {request.method: request.headers.get("authorization") for request in origin.asked_for("/options/auth")}
    assert asked == {"GET": None, "OPTIONS": None, "POST": "Bearer x"}


@pytest.mark.parametrize(
    ("path", "is_by_query"),
    [
        ("/x/../by-query/p?a=1", True),
        ("/./by-query/p?a=1", True),
        ("//by-query//p?a=1", True),
        ("/%62y-query/p?a=1", True),
        ("/by-query/../p?a=1", False),
        ("/by-query/%2e%2E/p?a=1", False),
        ("/by-query/..%2Fp?a=1", True),
        ("/by-query/..?a=1", False),
        ("/by-query/x/..?a=1", True),
    ],
)
def test_a_path_is_normalised_for_its_behavior_and_reaches_the_origin_as_it_came(edge, origin, path, is_by_query):
    # Neither policy forwards `a`; only the one behavior takes `page`.
    edge.get(f"{path}&page=2")
    # The tests' origin, Python's server, makes one of several slashes in front.
    origin_path = "/" + path.partition("?")[0].lstrip("/")
    assert origin.asked[-1].path == (f"{origin_path}?page=2" if is_by_query else origin_path)


def test_a_cached_head_does_not_serve_a_get(edge, origin):
    origin.pages["/head"] = Page(b"12345", headers=CACHED)
    assert [result(edge.ask("HEAD", "/head")) for _ in range(2)] == ["Miss", "Hit"]
    got = edge.get("/head")
    assert (result(got), got.body) == ("Miss", b"12345")


def test_cookies_of_the_origin_pass_only_where_cookies_are_forwarded(edge, origin):
    origin.pages["/cookie"] = origin.pages["/by-cookie/set"] = Page(headers={**CACHED, "Set-Cookie": "s=1"})
    assert edge.get("/cookie").headers["Set-Cookie"] is None
    edge.get("/by-cookie/set")
    again = edge.get("/by-cookie/set")
    assert (result(again), again.headers["Set-Cookie"]) == ("Hit", "s=1")
    only_now = {"Cache-Control": 'max-age=3600, no-cache="Set-Cookie"', "Set-Cookie": "s=1"}
    origin.pages["/by-cookie/once"] = Page(headers=only_now)
    first, second = edge.get("/by-cookie/once"), edge.get("/by-cookie/once")
    assert (first.headers["Set-Cookie"], result(second), second.headers["Set-Cookie"]) == ("s=1", "Hit", None)


@pytest.mark.parametrize("directive", ["no-cache", "private"])
def test_a_cookie_of_a_revalidation_is_not_cached(edge, origin, directive):
    path = f"/by-cookie/renewed-{directive}"
    headers = {"Cache-Control": f'max-age=1, {directive}="Set-Cookie"', "ETag": '"1"', "Set-Cookie": "sid=alice"}
    origin.pages[path] = Page(headers=headers)
    edge.get(path)
    renewed = wait_until(
        lambda: (response := edge.get(path)) and result(response) == "RefreshHit" and response, "RefreshHit"
    )
    assert renewed.headers["Set-Cookie"] == "sid=alice"
    other = edge.get(path)
    assert (result(other), other.headers["Set-Cookie"]) == ("Hit", None)


def test_vary_names_only_what_the_edge_forwards(edge, origin):
    vary = {**CACHED, "Vary": "Accept-Encoding, X-Language, X-Unknown, Cookie"}
    origin.pages["/by-header/vary"] = Page(headers=vary)
    assert edge.get("/by-header/vary").headers["Vary"] == "Accept-Encoding, X-Language, Cookie"
    origin.pages["/by-header/star"] = Page(headers={**CACHED, "Vary": "*"})
    assert [result(edge.get("/by-header/star")) for _ in range(2)] == ["Miss", "Miss"]


def test_a_redirect_is_cached_and_not_followed(edge, origin):
    origin.pages["/moved"] = Page(b"", 301, {**CACHED, "Location": "/a"})
    edge.get("/moved")
    again = edge.get("/moved")
    assert (result(again), again.status, again.headers["Location"]) == ("Hit", 301, "/a")


def test_a_changed_cache_policy_applies_at_once(aws, origin):
    client = aws.client("cloudfront")
    policy = cache_policy(aws)
    edge = distribution(aws, [custom(origin.port)], behavior(policy))
    origin.pages["/by-policy"] = Page(headers=CACHED)
    assert [result(edge.get(f"/by-policy?a={value}")) for value in (1, 2)] == ["Miss", "Hit"]
    current = client.get_cache_policy_config(Id=policy)
    config = current["CachePolicyConfig"]
    config["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"] = {"QueryStringBehavior": "all"}
    client.update_cache_policy(Id=policy, IfMatch=current["ETag"], CachePolicyConfig=config)
    assert [result(edge.get(f"/by-policy?a={value}")) for value in (1, 2)] == ["Miss", "Miss"]


def test_a_changed_distribution_applies_at_once_and_keeps_its_objects(aws, origin):
    client = aws.client("cloudfront")
    edge = distribution(aws, [custom(origin.port)], behavior())
    origin.pages["/kept"] = Page(headers=CACHED)
    edge.get("/kept")
    current = client.get_distribution_config(Id=edge.id)
    config = current["DistributionConfig"]
    config["CacheBehaviors"] = listed({"PathPattern": "/other/*", **behavior(CACHING_DISABLED)})
    client.update_distribution(Id=edge.id, IfMatch=current["ETag"], DistributionConfig=config)
    origin.pages["/other/a"] = Page(headers=CACHED)
    assert [result(edge.get("/other/a")) for _ in range(2)] == ["Miss", "Miss"]
    assert result(edge.get("/kept")) == "Hit"


def test_two_distributions_share_nothing(aws, origin):
    origin.pages["/shared"] = Page(headers=CACHED)
    made = [distribution(aws, [custom(origin.port)], behavior()) for _ in range(2)]
    assert [result(edge.get("/shared")) for edge in made] == ["Miss", "Miss"]
