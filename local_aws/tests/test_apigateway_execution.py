"""The data plane: events, limits, compression, errors, access logs."""

import base64
import gzip
import json
import re
import uuid
import zlib

import pytest

from local_aws.testing import wait_until
from local_aws.tests.apis import document, echo_api, function, import_api, operation, proxy
from local_aws.tests.http_call import call_api

RESPONDS = """
import json, time


def handler(event, context):
    wanted = json.loads(event["body"])
    if wanted.get("raise"):
        raise ValueError("the table todo-secrets is broken")
    if wanted.get("sleep"):
        time.sleep(wanted["sleep"])
    if wanted.get("megabytes"):
        return {"statusCode": 200, "body": "x" * int(wanted["megabytes"] * 1024 * 1024)}
    return wanted.get("response")
"""
INTERNAL = {"message": "Internal server error"}


@pytest.fixture(scope="module")
def echo(aws):
    return echo_api(aws, "execution-echo", "s", **{"x-amazon-apigateway-binary-media-types": ["image/png"]})


@pytest.fixture(scope="module")
def api(aws):
    arn = function(aws, "execution-responds", RESPONDS)
    everything = {"x-amazon-apigateway-any-method": operation(proxy(arn))}
    paths = {
        "/": everything,
        "/quick": {"post": operation(proxy(arn, timeoutInMillis=300))},
        "/missing": {"post": operation(proxy(arn + "-not"))},
    }
    settings = {
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-minimum-compression-size": 100,
        "x-amazon-apigateway-gateway-responses": {
            kind: {
                "responseParameters": {
                    "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
                    "gatewayresponse.header.WWW-Authenticate": "'Bearer'",
                }
            }
            for kind in ("DEFAULT_4XX", "DEFAULT_5XX")
        },
    }
    return import_api(aws, document(paths, **settings), "s")


def ask(aws, api_id, path="/s", headers=None, **wanted):
    return call_api(aws, api_id, "POST", path, headers, json.dumps(wanted).encode())


def test_the_proxy_event_is_complete(aws, echo):
    sent = {"User-Agent": "probe/1", "X-Forwarded-For": "192.0.2.7", "X-Mine": "1"}
    response = call_api(aws, echo, "GET", "/s/things/a%2Fb%20c/?x=1&x=2&y=a%2Bb", sent)
    event = response.json
    context = event["requestContext"]
    assert event["resource"] == context["resourcePath"] == "/things/{thing}"
    assert event["path"] == "/things/a%2Fb%20c/"
    assert event["pathParameters"] == {"thing": "a%2Fb%20c"}
    assert event["queryStringParameters"] == {"x": "2", "y": "a+b"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["a+b"]}
    assert event["httpMethod"] == context["httpMethod"] == "GET"
    assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == (None, False, None)
    assert event["headers"]["X-Mine"] == "1"
    assert event["multiValueHeaders"]["X-Mine"] == ["1"]
    assert event["headers"]["X-Forwarded-For"] == "192.0.2.7, 127.0.0.1"
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userAgent"] == "probe/1"
    assert context["identity"]["cognitoIdentityId"] is None
    assert context["path"] == "/s/things/a%2Fb%20c/"
    assert (context["apiId"], context["stage"], context["accountId"]) == (echo, "s", "000000000000")
    assert context["domainPrefix"] == echo
    assert context["domainName"].startswith(f"{echo}.execute-api.")
    assert context["protocol"] == "HTTP/1.1"
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])
    assert context["requestTimeEpoch"] > 1_700_000_000_000
    assert str(uuid.UUID(context["requestId"])) == response.headers["x-amzn-requestid"]
    assert context["extendedRequestId"] == response.headers["x-amz-apigw-id"]
    assert context["resourceId"]
    assert "authorizer" not in context


def test_a_binary_request_body_is_base64(aws, echo):
    event = call_api(aws, echo, "POST", "/s/things/a", {"Content-Type": "image/png"}, b"\x89PNG").json
    assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, b"\x89PNG")
    event = call_api(aws, echo, "POST", "/s/things/a", {"Content-Type": "text/plain"}, "ü".encode()).json
    assert (event["isBase64Encoded"], event["body"]) == (False, "ü")


def test_compressed_request_bodies_are_decompressed(aws, echo):
    for coding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)):
        event = call_api(aws, echo, "POST", "/s/things/a", {"Content-Encoding": coding}, pack(b"text")).json
        assert event["body"] == "text"
        assert "Content-Encoding" not in event["headers"]
    for coding, body in (("gzip", b"not gzip"), ("br", b"x"), ("gzip", gzip.compress(b"text")[:-9])):
        response = call_api(aws, echo, "POST", "/s/things/a", {"Content-Encoding": coding}, body)
        assert (response.status, response.json) == (415, {"message": "Unsupported Media Type"})


def test_requests_larger_than_the_limits_are_refused(aws, echo):
    for body, coding in (
        (b"x" * (10 * 1024 * 1024 + 1), "identity"),
        (gzip.compress(b"x" * (10 * 1024 * 1024 + 1)), "gzip"),
        (b"x" * (7 * 1024 * 1024), "identity"),
    ):
        response = call_api(aws, echo, "POST", "/s/things/a", {"Content-Encoding": coding}, body)
        assert (response.status, response.json) == (413, {"message": "Request Too Long"})
    assert call_api(aws, echo, "POST", "/s/things/a", body=b"x" * (2 * 1024 * 1024)).status == 200
    assert call_api(aws, echo, "GET", "/s/things/a", {"X-Long": "x" * 10_300}).status == 431


def test_responses_are_compressed_as_the_client_asks(aws, api):
    big = {"statusCode": 200, "body": "y" * 100}
    plain = ask(aws, api, response=big)
    assert (plain.headers["Content-Encoding"], plain.body) == (None, b"y" * 100)
    packed = ask(aws, api, headers={"Accept-Encoding": "br, gzip"}, response=big)
    assert (packed.headers["Content-Encoding"], gzip.decompress(packed.body)) == ("gzip", b"y" * 100)
    packed = ask(aws, api, headers={"Accept-Encoding": "gzip;q=0.5, deflate"}, response=big)
    assert (packed.headers["Content-Encoding"], zlib.decompress(packed.body)) == ("deflate", b"y" * 100)
    for accepted, response in (
        ("*", big),
        ("gzip;q=0", big),
        ("gzip", {"body": "y" * 99}),
        ("gzip", {**big, "headers": {"content-encoding": "zstd"}}),
    ):
        assert len(ask(aws, api, headers={"Accept-Encoding": accepted}, response=response).body) >= 99


def test_response_headers_are_merged_remapped_and_repeated(aws, api):
    response = ask(
        aws,
        api,
        response={
            "statusCode": "201",
            "headers": {"content-type": "text/plain", "Date": "never", "X-One": 1, "set-cookie": "lost"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
            "body": "made",
        },
    )
    assert (response.status, response.body, response.headers["Content-Type"]) == (201, b"made", "text/plain")
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert response.headers["x-amzn-Remapped-Date"] == "never"
    assert response.headers["X-One"] == "1"
    assert response.headers["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_only_a_gateway_response_can_have_www_authenticate(aws, api):
    response = ask(aws, api, response={"statusCode": 401, "headers": {"WWW-Authenticate": "Bearer"}})
    assert response.headers["x-amzn-Remapped-WWW-Authenticate"] == "Bearer"
    assert ask(aws, api, path="/s/nowhere").headers["WWW-Authenticate"] == "Bearer"


def test_binary_responses_are_decoded_for_clients_that_accept_them(aws, api):
    image = {"headers": {"Content-Type": "image/png"}, "body": "iVBORw==", "isBase64Encoded": True}
    assert ask(aws, api, headers={"Accept": "image/png, */*"}, response=image).body == b"\x89PNG"
    assert ask(aws, api, headers={"Accept": "*/*"}, response=image).body == b"iVBORw=="
    assert ask(aws, api, response={}).status == 200


@pytest.mark.parametrize(
    "wanted",
    [
        {"raise": True},
        {"megabytes": 6.1},
        *(
            {"response": response}
            for response in (
                None,
                "text",
                [],
                {"statusCode": "none", "body": ""},
                {"statusCode": 99},
                {"statusCode": True},
                {"statusCode": 200, "body": {"a": 1}},
                {"statusCode": 200, "extra": 1},
                {"statusCode": 200, "headers": {"a": {}}},
                {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
                {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
            )
        ),
    ],
    ids=lambda wanted: json.dumps(wanted)[:40],
)
def test_a_malformed_proxy_response_is_a_502_without_details(aws, api, wanted):
    response = ask(aws, api, **wanted)
    assert (response.status, response.json) == (502, INTERNAL)
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_slow_integration_times_out(aws, api):
    response = ask(aws, api, "/s/quick", sleep=1, response={})
    assert (response.status, response.json) == (504, {"message": "Endpoint request timed out"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_missing_function_is_a_configuration_error(aws, api):
    response = ask(aws, api, "/s/missing")
    assert (response.status, response.json) == (500, INTERNAL)


def test_unknown_paths_methods_and_stages(aws, echo, api):
    for method, path in (("GET", "/s/nothing"), ("BREW", "/s/quick"), ("GET", "/s/quick")):
        response = call_api(aws, api, method, path)
        assert (response.status, response.json) == (403, {"message": "Missing Authentication Token"})
        assert response.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    response = call_api(aws, echo, "GET", "/other/things/a")
    assert (response.status, response.json) == (403, {"message": "Forbidden"})
    head = call_api(aws, echo, "HEAD", "/s/things/a")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["Content-Length"]) > 100


def test_a_stage_is_throttled_and_carries_variables(aws):
    gateway = aws.client("apigateway")
    api_id = echo_api(aws, "execution-throttled", "s")
    gateway.update_stage(
        restApiId=api_id,
        stageName="s",
        patchOperations=[
            {"op": "replace", "path": "/~1things~1{thing}/GET/throttling/burstLimit", "value": "2"},
            {"op": "replace", "path": "/~1things~1{thing}/GET/throttling/rateLimit", "value": "0.01"},
            {"op": "replace", "path": "/variables/color", "value": "blue"},
        ],
    )
    responses = [call_api(aws, api_id, "GET", "/s/things/a") for _ in range(3)]
    assert [response.status for response in responses] == [200, 200, 429]
    assert responses[2].json == {"message": "Too Many Requests"}
    assert responses[0].json["stageVariables"] == {"color": "blue"}
    assert call_api(aws, api_id, "PUT", "/s/things/a").status == 200
    everything = [{"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "0"}]
    everything += [{"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "0"}]
    gateway.update_stage(restApiId=api_id, stageName="s", patchOperations=everything)
    assert call_api(aws, api_id, "PUT", "/s/things/a").status == 429


def test_the_access_log_has_a_line_for_every_request(aws, api):
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="access")
    log_format = json.dumps(
        {
            "id": "$context.requestId",
            "status": "$context.status",
            "path": "$context.path",
            "resource": "$context.resourcePath",
            "agent": "$context.identity.userAgent",
            "error": "$context.error.message",
            "size": "$context.responseLength",
            "integration": "$context.integrationLatency",
            "unknown": "$context.nothing.of.this",
        }
    )
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:access"
    aws.client("apigateway").update_stage(
        restApiId=api,
        stageName="s",
        patchOperations=[
            {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": arn},
            {"op": "replace", "path": "/accessLogSettings/format", "value": log_format},
        ],
    )
    made = ask(aws, api, "/s?a=b", {"User-Agent": 'quo"ted'}, response={"body": "made"})
    refused = call_api(aws, api, "GET", "/s/nothing")

    def lines():
        events = logs.filter_log_events(logGroupName="access")["events"]
        by_id = {line["id"]: line for line in (json.loads(event["message"]) for event in events)}
        ids = (made.headers["x-amzn-requestid"], refused.headers["x-amzn-requestid"])
        return [by_id[request_id] for request_id in ids] if all(request_id in by_id for request_id in ids) else None

    first, second = wait_until(lines, "both requests are in the access log")
    assert (first["status"], first["path"], first["resource"], first["size"]) == ("200", "/s/", "/", "4")
    assert (first["agent"], first["error"], first["unknown"]) == ('quo"ted', "-", "-")
    assert int(first["integration"]) >= 0
    assert (second["status"], second["error"], second["integration"]) == ("403", "Missing Authentication Token", "-")
