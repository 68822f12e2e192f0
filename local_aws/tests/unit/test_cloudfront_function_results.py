"""What a viewer function can return: tables, without a server.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
"""

import pytest

from local_aws.services.cloudfront.function_results import (
    InvalidResult,
    check_request,
    check_response,
    is_hidden,
    is_response,
)

REQUEST = {
    "method": "GET",
    "uri": "/a",
    "querystring": {"q": {"value": "a\nb"}},
    "headers": {"host": {"value": "example.com"}, "accept": {"value": "*/*"}},
    "cookies": {"id": {"value": "1"}},
}
RESPONSE = {
    "statusCode": 200,
    "statusDescription": "",
    "headers": {"etag": {"value": '"1"'}, "content-length": {"value": "5"}},
    "cookies": {"id": {"value": "1", "attributes": "Secure"}},
}
MOVED = {"statusCode": 301, "statusDescription": "Moved Permanently", "headers": {"location": {"value": "/b/"}}}


def headers(before, **fields):
    return before | {"headers": before["headers"] | {name.replace("_", "-"): item for name, item in fields.items()}}


@pytest.mark.parametrize(
    "given",
    [
        REQUEST,
        {"method": "GET", "uri": "/b"},
        REQUEST | {"uri": "/ümlaut?x"},
        REQUEST | {"querystring": "a=b&c=%0A"},
        REQUEST | {"querystring": {"a": {"value": ""}, "b": {"value": "1", "multiValue": [{"value": "1"}]}}},
        REQUEST | {"cookies": {}},
        headers(REQUEST, x_new={"value": "1"}, accept={"multiValue": [{"value": "a"}, {"value": "b"}]}),
    ],
)
def test_a_function_can_return_this_request(given):
    assert not is_response(given)
    check_request(REQUEST, given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"request": REQUEST},
        REQUEST | {"method": "POST"},
        {"uri": "/a"},
        {"method": "GET"},
        *(
            REQUEST | {"uri": uri}
            for uri in ("b", "", "https://example.com/", 5, None, "/a b", "/a\r\nX: 1", "/\ud800")
        ),
        *(REQUEST | {"querystring": query} for query in (5, [], "a b", "a\r\nb", {"a": "b"}, {"a": {"value": 1}})),
        REQUEST | {"querystring": {"a": {"value": "\ud800"}}},
        REQUEST | {"headers": []},
        *(headers(REQUEST, x=item) for item in ("text", None, 5, {}, {"value": 5}, {"value": None}, {"value": "a\nb"})),
        headers(REQUEST, x={"value": "1", "multiValue": "1"}),
        headers(REQUEST, x={"multiValue": [{"value": "1"}, {"value": "2\r\nY: 3"}]}),
        headers(REQUEST, x={"multiValue": ["1"]}),
        headers(REQUEST, **{"X-Upper": {"value": "1"}}),
        headers(REQUEST, **{"x\r\ny": {"value": "1"}}),
        headers(REQUEST, **{"": {"value": "1"}}),
        headers(REQUEST, host={"value": "other.example.com"}),
        headers(REQUEST, via={"value": "1.1 me"}),
        headers(REQUEST, content_length={"value": "5"}),
        headers(REQUEST, x_forwarded_proto={"value": "https"}),
        headers(REQUEST, connection={"value": "close"}),
        headers(REQUEST, x_amz_cf_id={"value": "1"}),
        headers(REQUEST, x_edge_location={"value": "1"}),
        REQUEST | {"cookies": {"id": "1"}},
        REQUEST | {"cookies": {"id": {"value": "1\r\n"}}},
    ],
)
def test_cloudfront_refuses_this_request(given):
    with pytest.raises(InvalidResult):
        check_request(REQUEST, given)


@pytest.mark.parametrize("given", [None, "text", 5, True, [], [REQUEST]])
def test_a_result_that_is_not_an_object_is_refused(given):
    with pytest.raises(InvalidResult):
        is_response(given)
    with pytest.raises(InvalidResult, match="statusCode is missing"):
        check_response(RESPONSE, given)


@pytest.mark.parametrize(
    "given",
    [
        MOVED,
        {"statusCode": 204},
        {"statusCode": 200, "body": "text"},
        {"statusCode": 200, "body": {"encoding": "text", "data": "text"}},
        {"statusCode": 200, "body": {"encoding": "base64", "data": "dGV4dA=="}},
        {"statusCode": 200, "cookies": {"id": {"value": "1", "attributes": "Secure; Path=/"}}},
        {
            "statusCode": 200,
            "cookies": {"id": {"multiValue": [{"value": "1"}, {"value": "2", "attributes": "Secure"}]}},
        },
    ],
)
def test_a_function_can_return_this_response(given):
    assert is_response(given)
    check_response(None, given)
    check_response(RESPONSE, given)


@pytest.mark.parametrize(
    "given",
    [
        *({"statusCode": status} for status in (None, "301", 301.5, True, 0, -1, 99, 101, 600, 10**30)),
        *(MOVED | {"statusDescription": text} for text in (5, "a\r\nb")),
        MOVED | {"headers": {"location": {"value": "/b\r\nSet-Cookie: a=1"}}},
        MOVED | {"headers": {"location": "/b"}},
        MOVED | {"headers": {"Location": {"value": "/b"}}},
        MOVED | {"headers": {"location": {"value": 5}}},
        MOVED | {"headers": {"x-cache": {"value": "Hit"}}},
        MOVED | {"headers": {"transfer-encoding": {"value": "chunked"}}},
        MOVED | {"headers": {"content-length": {"value": "7"}}},
        MOVED | {"cookies": {"id": {"value": "1", "attributes": "Secure\r\nX: 1"}}},
        MOVED | {"cookies": {"id": {"value": "1", "attributes": 5}}},
        MOVED | {"cookies": {"id": {"value": "1", "multiValue": [{"value": "1", "attributes": None}]}}},
        MOVED | {"cookies": "id=1"},
        *(MOVED | {"body": body} for body in (5, [], {}, {"data": 5}, {"data": "a", "encoding": "gzip"}, "\ud800")),
        *(MOVED | {"body": {"encoding": "base64", "data": data}} for data in ("a", "ü", "a b=", None)),
    ],
)
def test_cloudfront_refuses_this_response(given):
    for before in (None, RESPONSE):
        with pytest.raises(InvalidResult):
            check_response(before, given)


@pytest.mark.parametrize("name", ["content-encoding", "content-length", "via", "warning"])
def test_a_function_cannot_change_read_only_headers_of_a_response(name):
    check_response(RESPONSE, RESPONSE)
    with pytest.raises(InvalidResult, match="read-only"):
        check_response(RESPONSE, headers(RESPONSE, **{name: {"value": "new"}}))


def test_functions_do_not_get_these_headers():
    assert all(map(is_hidden, ("x-forwarded-proto", "connection", "x-amz-cf-id", "x-edge-anything", "x-cache")))
    assert not any(map(is_hidden, ("host", "accept", "x-forwarded-for", "x-amz-date", "cloudfront-viewer-country")))
