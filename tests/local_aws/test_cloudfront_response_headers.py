"""Response headers policies, redirects to https, and viewer functions.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
"""

import pytest

from tests.embedded_aws import EmbeddedAws
from tests.local_aws.distributions import (
    Page,
    behavior,
    cache_policy,
    custom,
    distribution,
    listed,
    result,
    running_origin,
)

SECURITY = {
    "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'self'"},
    "ContentTypeOptions": {"Override": True},
    "FrameOptions": {"Override": False, "FrameOption": "DENY"},
    "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "same-origin"},
    "StrictTransportSecurity": {
        "Override": True,
        "IncludeSubdomains": True,
        "Preload": True,
        "AccessControlMaxAgeSec": 63_072_000,
    },
}
CORS = {
    "AccessControlAllowOrigins": listed("https://example.com", "https://*.example.org"),
    "AccessControlAllowHeaders": listed("Authorization"),
    "AccessControlAllowMethods": listed("GET"),
    "AccessControlAllowCredentials": True,
    "AccessControlExposeHeaders": listed("ETag"),
    "AccessControlMaxAgeSec": 600,
    "OriginOverride": True,
}
FUNCTION = """
function handler(event) {
  var request = event.request;
  if (request.uri === '/old') {
    return {statusCode: 301, headers: {location: {value: '/new'}}};
  }
  if (request.uri.endsWith('/')) { request.uri += 'index.html'; }
  return request;
}
"""


@pytest.fixture(scope="module")
def origin():
    with running_origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def edge(aws, origin):
    config = {
        "Name": "all-of-it",
        "SecurityHeadersConfig": SECURITY,
        "CorsConfig": CORS,
        "CustomHeadersConfig": listed(
            {"Header": "X-Always", "Value": "edge", "Override": True},
            {"Header": "X-Default", "Value": "edge", "Override": False},
        ),
        "RemoveHeadersConfig": listed({"Header": "X-Powered-By"}),
    }
    made = aws.client("cloudfront").create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    policy = behavior(cache_policy(aws), ResponseHeadersPolicyId=made["ResponseHeadersPolicy"]["Id"])
    behaviors = {
        "/secure/*": policy | {"ViewerProtocolPolicy": "redirect-to-https"},
        "/only/*": policy | {"ViewerProtocolPolicy": "https-only"},
    }
    return distribution(aws, [custom(origin.port)], policy, behaviors)


def test_the_policy_completes_every_answer_cached_or_not(edge, origin):
    sent = {"Cache-Control": "max-age=60", "ETag": '"1"', "X-Powered-By": "x", "X-Frame-Options": "SAMEORIGIN"}
    origin.pages["/page"] = Page(headers=sent | {"X-Always": "origin", "X-Default": "origin"})
    answers = [edge.get("/page"), edge.get("/page"), edge.get("/page", {"If-None-Match": '"1"'})]
    assert [(result(answer), answer.status) for answer in answers] == [("Miss", 200), ("Hit", 200), ("Hit", 304)]
    for answer in answers:
        headers = answer.headers
        assert headers["Content-Security-Policy"] == "default-src 'self'"
        assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        # The origin's own is kept where the policy does not override.
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert (headers["X-Always"], headers["X-Default"]) == ("edge", "origin")
        assert headers["X-Powered-By"] is None


def test_errors_of_the_origin_carry_the_policy_too(edge):
    answer = edge.get("/nothing")
    assert (answer.status, answer.headers["Referrer-Policy"]) == (404, "same-origin")


def test_a_changed_policy_counts_at_once_for_what_is_cached(aws, origin):
    client = aws.client("cloudfront")

    def config(**headers):
        custom_headers = ({"Header": name, "Value": value, "Override": False} for name, value in headers.items())
        return {"Name": "changing", "CustomHeadersConfig": listed(*custom_headers)}

    made = client.create_response_headers_policy(ResponseHeadersPolicyConfig=config(One="1"))
    policy = made["ResponseHeadersPolicy"]["Id"]
    edge = distribution(aws, [custom(origin.port)], behavior(ResponseHeadersPolicyId=policy))
    origin.pages["/changing"] = Page(headers={"Cache-Control": "max-age=60"})
    assert [edge.get("/changing").headers["One"] for _ in range(2)] == ["1", "1"]
    client.update_response_headers_policy(Id=policy, IfMatch=made["ETag"], ResponseHeadersPolicyConfig=config(Two="2"))
    answer = edge.get("/changing")
    assert (result(answer), answer.headers["One"], answer.headers["Two"]) == ("Hit", None, "2")


def test_cors_is_each_viewers_own_on_one_cached_object(edge, origin):
    origin.pages["/font"] = Page(headers={"Cache-Control": "max-age=60"})
    for name in ("https://example.com", "https://a.example.org"):
        headers = edge.get("/font", {"Origin": name}).headers
        assert headers["Access-Control-Allow-Origin"] == name
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Access-Control-Expose-Headers"] == "ETag"
    assert edge.get("/font", {"Origin": "https://example.net"}).headers["Access-Control-Allow-Origin"] is None
    assert len(origin.asked_for("/font")) == 1


def test_http_is_sent_to_https_or_refused(edge, origin):
    moved = edge.get("/secure/a?x=1")
    assert (moved.status, result(moved)) == (301, "Redirect")
    assert moved.headers["Location"].startswith("https://")
    assert moved.headers["Location"].endswith("/secure/a?x=1")
    assert origin.asked_for("/secure/a") == []
    refused = edge.get("/only/a")
    assert (refused.status, result(refused)) == (403, "Error")


def with_function(aws, origin, name="routes", code=FUNCTION):
    client = aws.client("cloudfront")
    made = client.create_function(
        Name=name, FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"}, FunctionCode=code.encode()
    )
    client.publish_function(Name=name, IfMatch=made["ETag"])
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    association = listed({"EventType": "viewer-request", "FunctionARN": arn})
    return distribution(aws, [custom(origin.port)], behavior(FunctionAssociations=association))


def test_a_viewer_function_comes_before_the_cache(aws, origin):
    edge = with_function(aws, origin)
    origin.pages["/posts/index.html"] = Page(b"posts", headers={"Cache-Control": "max-age=60"})
    assert edge.get("/posts/").body == b"posts"
    assert result(edge.get("/posts/index.html")) == "Hit"
    moved = edge.get("/old")
    assert (moved.status, moved.headers["Location"]) == (301, "/new")
    assert result(moved) == "FunctionGeneratedResponse"


def test_a_viewer_function_needs_no_node_on_the_path(tmp_path, monkeypatch, origin):
    monkeypatch.setenv("PATH", "/nowhere")
    origin.pages["/posts/index.html"] = Page(b"posts")
    server = EmbeddedAws(tmp_path / "aws").start()
    try:
        assert with_function(server, origin).get("/posts/").body == b"posts"
    finally:
        server.stop()


@pytest.mark.parametrize(
    "code",
    ["function handler(event) { throw new Error('x'); }", "function handler(", "function other(event) { return 1; }"],
    ids=["throws", "is no JavaScript", "has no handler"],
)
def test_a_broken_viewer_function_answers_503(aws, origin, code):
    answer = with_function(aws, origin, f"broken-{len(code)}", code).get("/posts/")
    assert (answer.status, result(answer)) == (503, "FunctionExecutionError")


def test_an_async_viewer_function_is_waited_for(aws, origin):
    code = "async function handler(event) { event.request.uri = '/async'; return event.request; }"
    origin.pages["/async"] = Page(b"waited for")
    assert with_function(aws, origin, "later", code).get("/posts/").body == b"waited for"
