"""Response headers policies, redirects to https, and viewer functions.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
"""

import pytest

from local_aws.testing import EmbeddedAws
from local_aws.tests.distributions import (
    ALL_VIEWER,
    Page,
    behavior,
    cache_policy,
    custom,
    distribution,
    listed,
    result,
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


def test_the_policy_sets_headers_of_every_response_cached_or_not(edge, origin):
    sent = {"Cache-Control": "max-age=3600", "ETag": '"1"', "X-Powered-By": "x", "X-Frame-Options": "SAMEORIGIN"}
    origin.pages["/page"] = Page(headers=sent | {"X-Always": "origin", "X-Default": "origin"})
    responses = [edge.get("/page"), edge.get("/page"), edge.get("/page", {"If-None-Match": '"1"'})]
    assert [(result(response), response.status) for response in responses] == [
        ("Miss", 200),
        ("Hit", 200),
        ("Hit", 304),
    ]
    for response in responses:
        headers = response.headers
        assert headers["Content-Security-Policy"] == "default-src 'self'"
        assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        # The origin's own is kept where the policy does not override.
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert (headers["X-Always"], headers["X-Default"]) == ("edge", "origin")
        assert headers["X-Powered-By"] is None


def test_the_policy_sets_headers_of_the_origins_errors_too(edge):
    response = edge.get("/nothing")
    assert (response.status, response.headers["Referrer-Policy"]) == (404, "same-origin")


def test_a_changed_policy_applies_to_cached_objects_at_once(aws, origin):
    client = aws.client("cloudfront")

    def config(**headers):
        custom_headers = ({"Header": name, "Value": value, "Override": False} for name, value in headers.items())
        return {"Name": "changing", "CustomHeadersConfig": listed(*custom_headers)}

    made = client.create_response_headers_policy(ResponseHeadersPolicyConfig=config(One="1"))
    policy = made["ResponseHeadersPolicy"]["Id"]
    edge = distribution(aws, [custom(origin.port)], behavior(ResponseHeadersPolicyId=policy))
    origin.pages["/changing"] = Page(headers={"Cache-Control": "max-age=3600"})
    assert [edge.get("/changing").headers["One"] for _ in range(2)] == ["1", "1"]
    client.update_response_headers_policy(Id=policy, IfMatch=made["ETag"], ResponseHeadersPolicyConfig=config(Two="2"))
    response = edge.get("/changing")
    assert (result(response), response.headers["One"], response.headers["Two"]) == ("Hit", None, "2")


def test_cors_headers_of_one_cached_object_differ_by_viewer(edge, origin):
    origin.pages["/font"] = Page(headers={"Cache-Control": "max-age=3600"})
    for name in ("https://example.com", "https://a.example.org"):
        headers = edge.get("/font", {"Origin": name}).headers
        assert headers["Access-Control-Allow-Origin"] == name
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Access-Control-Expose-Headers"] == "ETag"
    assert edge.get("/font", {"Origin": "https://example.net"}).headers["Access-Control-Allow-Origin"] is None
    assert len(origin.asked_for("/font")) == 1


def test_http_is_redirected_to_https_or_refused(edge, origin):
    moved = edge.get("/secure/a?x=1")
    assert (moved.status, result(moved)) == (301, "Redirect")
    assert moved.headers["Location"].startswith("https://")
    assert moved.headers["Location"].endswith("/secure/a?x=1")
    assert origin.asked_for("/secure/a") == []
    refused = edge.get("/only/a")
    assert (refused.status, result(refused)) == (403, "Error")


def with_function(aws, origin, name="routes", code=FUNCTION, event="viewer-request", **settings):
    client = aws.client("cloudfront")
    made = client.create_function(
        Name=name, FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"}, FunctionCode=code.encode()
    )
    client.publish_function(Name=name, IfMatch=made["ETag"])
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    association = listed({"EventType": event, "FunctionARN": arn})
    return distribution(aws, [custom(origin.port)], behavior(FunctionAssociations=association, **settings))


def test_a_viewer_function_comes_before_the_cache(aws, origin):
    edge = with_function(aws, origin)
    origin.pages["/posts/index.html"] = Page(b"posts", headers={"Cache-Control": "max-age=3600"})
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
def test_a_failing_viewer_function_is_a_503(aws, origin, code):
    response = with_function(aws, origin, f"broken-{len(code)}", code).get("/posts/")
    assert (response.status, result(response)) == (503, "FunctionExecutionError")


def test_the_result_of_an_async_viewer_function_is_awaited(aws, origin):
    code = "async function handler(event) { event.request.uri = '/async'; return event.request; }"
    origin.pages["/async"] = Page(b"waited for")
    assert with_function(aws, origin, "later", code).get("/posts/").body == b"waited for"


def test_a_viewer_function_gets_and_returns_the_query_string_as_it_was_sent(aws, origin):
    moved = """function handler(event) {
      var query = event.request.querystring;
      if (query.stay) { query.stay.value = query.stay.value + '%2B'; return event.request; }
      var pairs = Object.keys(query).map(function (name) { return name + '=' + query[name].value; });
      return {statusCode: 301, headers: {location: {value: '/b?' + pairs.join('&')}}};
    }"""
    edge = with_function(aws, origin, "moved", moved, OriginRequestPolicyId=ALL_VIEWER)
    for query in ("q=%C3%A9%20a%26b", "q=%0d%0a", "%71=a+b"):
        response = edge.get(f"/a?{query}")
        assert (response.status, response.headers["Location"]) == (301, f"/b?{query}")
    origin.pages["/stays"] = Page(b"stays")
    assert edge.get("/stays?stay=%C3%A9%26").body == b"stays"
    assert origin.asked_for("/stays")[-1].path == "/stays?stay=%C3%A9%26%2B"


RESULTS = """
function handler(event) {
  var request = event.request;
  switch (request.querystring.make.value) {
    case 'null': return null;
    case 'nothing': return;
    case 'text': return 'text';
    case 'event': return event;
    case 'relative': request.uri = 'b'; return request;
    case 'space': request.uri = '/a b'; return request;
    case 'half': request.uri = '/\\ud800'; return request;
    case 'upper': request.headers['X-New'] = {value: '1'}; return request;
    case 'hidden': request.headers['x-forwarded-proto'] = {value: 'https'}; return request;
    case 'host': request.headers.host = {value: 'other.example.com'}; return request;
    case 'number': request.headers['x-new'] = {value: 5}; return request;
    case 'bare': request.headers['x-new'] = '1'; return request;
    case 'cookie': request.cookies.a = null; return request;
    case 'query': request.querystring = [1]; return request;
    case 'status': return {statusCode: '301'};
    case 'high': return {statusCode: 700};
    case 'line': return {statusCode: 301, headers: {location: {value: '/b\\r\\nSet-Cookie: a=1'}}};
    case 'base64': return {statusCode: 200, body: {encoding: 'base64', data: 'a'}};
    case 'deep':
      for (var deep = {}, i = 0; i < 20000; i++) { deep = {deep: deep}; }
      return deep;
    case 'umlaut': request.uri = '/\\u00fc'; request.querystring = 'q=\\u00e4'; return request;
    case 'headless': return {method: request.method, uri: '/plain', headers: {}};
    case 'body': return {statusCode: 200, body: 'text'};
    case 'empty': return {statusCode: 204, body: 'text'};
    default: request.headers['x-seen'] = {value: Object.keys(request.headers).sort().join()}; return request;
  }
}
"""
INVALID = """null nothing text event relative space half upper hidden host number bare cookie query status high line
base64"""


@pytest.fixture(scope="module")
def results(aws, origin):
    origin.pages["/plain"] = origin.pages["/%C3%BC"] = Page(b"plain")
    return with_function(aws, origin, "results", RESULTS, OriginRequestPolicyId=ALL_VIEWER)


@pytest.mark.parametrize("made", INVALID.split())
def test_an_invalid_result_of_a_viewer_function_is_a_502(results, made):
    response = results.get(f"/plain?make={made}")
    assert (response.status, result(response)) == (502, "FunctionValidationError")
    assert b"returned an invalid value" in response.body


def test_a_result_that_is_nested_too_deeply_is_a_503(results):
    response = results.get("/plain?make=deep")
    assert (response.status, result(response)) == (503, "FunctionExecutionError")


def test_a_viewer_function_neither_sees_nor_removes_proxy_headers(results, origin):
    sent = {"X-Forwarded-Proto": "http", "X-Real-Ip": "1.2.3.4", "X-Mine": "1", "X-Edge-A": "1"}
    results.get("/plain?make=seen", sent)
    asked = origin.asked_for("/plain")[-1].headers
    seen = asked["x-seen"].split(",")
    assert {"host", "x-mine"} <= set(seen)
    assert not {name.lower() for name in sent} - {"x-mine"} & set(seen)
    assert asked["x-real-ip"] == "1.2.3.4"
    results.get("/plain?make=headless")
    # The host is read-only: leaving it out does not delete it.
    assert origin.asked_for("/plain")[-1].headers["host"].startswith(results.domain.partition(".")[0])


def test_non_ascii_characters_reach_the_origin_percent_encoded(results, origin):
    assert results.get("/plain?make=umlaut").body == b"plain"
    assert origin.asked_for("/%C3%BC")[-1].path == "/%C3%BC?q=%C3%A4"


def test_a_viewer_functions_response_has_no_body_for_head_and_204(results):
    head = results.ask("HEAD", "/plain?make=body")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "4")
    assert (results.get("/plain?make=empty").status, results.get("/plain?make=body").body) == (204, b"text")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("return event.request;", 502),
        ("return null;", 502),
        ("event.response.headers.via = {value: 'me'}; return event.response;", 502),
        ("event.response.headers['content-length'] = {value: '1'}; return event.response;", 502),
        ("event.response.headers['x-cache'] = {value: 'Hit'}; return event.response;", 502),
        ("event.response.headers['X-New'] = {value: 'Hit'}; return event.response;", 502),
        ("event.response.headers['x-new'] = {value: 'a'}; return event.response;", 200),
        ("return {statusCode: 302, headers: {location: {value: '/b'}}};", 302),
        ("event.response.statusCode = 404; event.response.body = 'none'; return event.response;", 404),
    ],
)
def test_what_a_viewer_response_function_may_return(aws, origin, code, status):
    origin.pages["/answered"] = Page(b"12345", headers={"X-Amzn-Requestid": "1"})
    edge = with_function(
        aws, origin, f"answers-{len(code)}", f"function handler(event) {{ {code} }}", "viewer-response"
    )
    response = edge.get("/answered")
    assert response.status == status
    if status == 502:
        assert result(response) == "FunctionValidationError"
    else:
        assert response.headers["X-Amzn-Requestid"] == "1"
