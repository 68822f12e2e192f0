"""Signed URLs and signed cookies at a distribution, signed by botocore, and where the check stands among the others."""

import base64
import json
import time
from datetime import UTC, datetime

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from local_aws.testing import wait_until
from local_aws.tests.distributions import (
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
from local_aws.tests.private_content import Signer, cookie_header, pem_of, policy, signed_url

ALL_METHODS = listed("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
MISSING_KEY = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>MissingKey</Code>'
    b"<Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>"
)
# Whatever the clock says while a test runs.
PAST, FUTURE = 1_600_000_000, 2_000_000_000
FUNCTION = """function handler(event) {
  return {statusCode: 418, headers: {'x-query': {value: JSON.stringify(event.request.querystring)}}};
}"""


def keys(aws, *signers, name):
    """A key group with the public keys of these; returns it, and the signers with the keys' ids."""
    cloudfront = aws.client("cloudfront")
    known = []
    for number, key in enumerate(signers):
        config = {"CallerReference": f"{name}-{number}", "Name": f"{name}-{number}", "EncodedKey": pem_of(key)}
        known.append(Signer(cloudfront.create_public_key(PublicKeyConfig=config)["PublicKey"]["Id"], key))
    group = {"Name": name, "Items": [signer.key_id for signer in known]}
    return cloudfront.create_key_group(KeyGroupConfig=group)["KeyGroup"]["Id"], known


@pytest.fixture(scope="module")
def group_and_signers(aws):
    return keys(aws, ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048), name="edge")


@pytest.fixture(scope="module")
def signer(group_and_signers):
    return group_and_signers[1][0]


@pytest.fixture(scope="module")
def private(aws, origin, group_and_signers):
    """A distribution whose `/content/*` and `/api/*` are private."""
    trusted = {"Enabled": True, **listed(group_and_signers[0])}
    everything = cache_policy(aws, query="all", cookies="all")
    for path in ("/content/a/1.ts", "/content/b/1.ts", "/public.txt", "/content/a/../b/1.ts", "/api/x"):
        origin.pages[path] = Page(path.encode())
    origin.pages["/denied.html"] = Page(b"please sign in")
    return distribution(
        aws,
        [custom(origin.port)],
        behavior(CACHING_OPTIMIZED),
        {
            "/content/*": behavior(everything, TrustedKeyGroups=trusted),
            "/https/*": behavior(CACHING_DISABLED, TrustedKeyGroups=trusted, ViewerProtocolPolicy="redirect-to-https"),
            "/api/*": behavior(
                CACHING_DISABLED,
                TrustedKeyGroups=trusted,
                AllowedMethods=ALL_METHODS,
                OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST,
            ),
        },
    )


def url_of(private, path="/content/a/*"):
    return f"http://{private.domain.replace('.cloudfront.net', '.cloudfront.localhost')}:{private.aws.port}{path}"


def path_of(private, url):
    return url.removeprefix(url_of(private, ""))


def signed(private, signer, path="/content/a/1.ts", resource="/content/a/*", ends_at=FUTURE, **conditions):
    """A path that is signed with a custom policy."""
    document = policy(url_of(private, resource), ends_at, **conditions)
    return path_of(private, signed_url(url_of(private, path), signer.custom(document)))


def test_a_request_without_a_signature_gets_cloudfronts_403(private):
    answer = private.get("/content/a/1.ts")
    assert (answer.status, answer.body) == (403, MISSING_KEY)
    assert answer.headers["Content-Type"] == "text/xml"
    assert answer.headers["X-Cache"] == "Error from cloudfront"
    assert answer.headers["Server"] == "CloudFront"
    head = private.ask("HEAD", "/content/a/1.ts")
    assert (head.status, head.body, head.headers["Content-Length"]) == (403, b"", str(len(MISSING_KEY)))


def test_the_other_cache_behaviors_need_no_signature(private):
    assert private.get("/public.txt").status == 200


@pytest.mark.parametrize("number", [0, 1], ids=["ECDSA", "RSA"])
def test_botocores_signed_urls_work(private, group_and_signers, number):
    key = group_and_signers[1][number]
    sign = CloudFrontSigner(key.key_id, lambda text: _bytes(key.signature(text)))
    end = datetime.fromtimestamp(FUTURE, UTC)
    canned = sign.generate_presigned_url(url_of(private, "/content/a/1.ts"), date_less_than=end)
    assert private.get(path_of(private, canned)).body == b"/content/a/1.ts"
    rules = sign.build_policy(url_of(private), end, date_greater_than=datetime.fromtimestamp(PAST, UTC))
    wildcard = sign.generate_presigned_url(url_of(private, "/content/a/1.ts"), policy=rules)
    assert private.get(path_of(private, wildcard)).body == b"/content/a/1.ts"
    assert private.get(path_of(private, wildcard).replace("/a/", "/b/")).status == 403


def _bytes(text):
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({}, 200),
        ({"ends_at": PAST}, 403),
        ({"DateGreaterThan": PAST}, 200),
        ({"DateGreaterThan": FUTURE - 1}, 403),
        ({"IpAddress": "127.0.0.1/32"}, 200),
        ({"IpAddress": "192.0.2.0/24"}, 403),
        ({"resource": "/content/b/*"}, 403),
    ],
)
def test_the_conditions_of_a_policy_apply(private, signer, conditions, status):
    assert private.get(signed(private, signer, **conditions)).status == status


def test_an_address_in_a_header_is_not_the_viewers(private, signer):
    path = signed(private, signer, IpAddress="192.0.2.0/24")
    for name in ("X-Forwarded-For", "CloudFront-Viewer-Address", "X-Real-IP", "Forwarded"):
        assert private.get(path, {name: "192.0.2.1"}).status == 403


def test_times_are_compared_with_the_clock(private, signer):
    now = int(time.time())
    assert private.get(signed(private, signer, ends_at=now)).status == 403
    assert private.get(signed(private, signer, ends_at=now + 3600, DateGreaterThan=now - 1)).status == 200


def test_signed_cookies_work(private, signer):
    cookies = cookie_header(signer.custom(policy(url_of(private), FUTURE)))
    assert private.get("/content/a/1.ts", {"Cookie": f"theme=dark; {cookies}"}).status == 200
    assert private.get("/content/b/1.ts", {"Cookie": cookies}).status == 403
    assert private.get("/content/a/1.ts?Expires=1", {"Cookie": cookies}).body == MISSING_KEY


def test_viewers_with_different_signatures_share_one_object(private, signer, origin):
    origin.pages["/content/a/shared.ts"] = Page(b"shared", headers={"Cache-Control": "max-age=600"})
    first = signed(private, signer, "/content/a/shared.ts?v=1")
    second = signed(private, signer, "/content/a/shared.ts?v=1", ends_at=FUTURE - 7)
    cookies = {"Cookie": cookie_header(signer.custom(policy(url_of(private), FUTURE - 9)))}
    assert result(private.get(first)) == "Miss"
    assert result(private.get(second)) == "Hit"
    assert result(private.get("/content/a/shared.ts?v=1", cookies)) == "Hit"
    (asked,) = origin.asked_for("/content/a/shared.ts")
    assert asked.path == "/content/a/shared.ts?v=1"


def test_a_cached_object_is_refused_without_a_signature(private, signer, origin):
    origin.pages["/content/a/cached.ts"] = Page(b"cached", headers={"Cache-Control": "max-age=600"})
    for _ in range(2):
        assert private.get(signed(private, signer, "/content/a/cached.ts")).status == 200
    assert private.get("/content/a/cached.ts").status == 403


def test_a_refused_request_does_not_reach_the_origin(private, signer, origin):
    before = len(origin.asked)
    private.get("/content/a/1.ts")
    private.get(signed(private, signer, ends_at=PAST))
    private.ask("POST", "/api/x", body=b"x")
    assert len(origin.asked) == before


def test_the_origin_gets_the_query_string_without_the_signature(private, signer, origin):
    path = signed(private, signer, "/api/x?a=%41&Policy2=b", "/api/*")
    assert private.ask("POST", path, body=b"x").status == 200
    assert origin.asked_for("/api/x")[-1].path == "/api/x?a=%41&Policy2=b"


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "POST", "HEAD"])
def test_every_method_needs_a_signature(private, method):
    assert private.ask(method, "/api/x").status == 403


def test_a_method_that_is_not_allowed_is_refused_as_ever(private, signer):
    assert b"not configured to allow the HTTP request method" in private.ask("POST", signed(private, signer)).body


def test_a_redirect_to_https_keeps_the_signature_and_needs_none(private, signer):
    path = signed(private, signer, "/https/x", "/https/*")
    for each in (path, "/https/x"):
        answer = private.get(each)
        assert answer.status == 301
        assert answer.headers["Location"] == f"https://{url_of(private, each).removeprefix('http://')}"


@pytest.mark.parametrize(
    "path",
    [
        "/content/a/../b/1.ts",
        "/content/a/%2e%2e/b/1.ts",
        "/content/a/..%2Fb/1.ts",
        "/content/a/%2e%2e%2fb/1.ts",
        "/content//b/1.ts",
        "//content/b/1.ts",
        "/content%2Fb/1.ts",
        "/./content/b/1.ts",
        "/content/%62/1.ts",
        "/public/../content/b/1.ts",
        "/public/%2e%2e/content/b/1.ts",
    ],
)
def test_a_policy_for_one_folder_does_not_open_another(private, signer, path):
    for allowed in ("/content/a/*", "/content/a*"):
        answer = private.get(signed(private, signer, path, allowed))
        assert (answer.status, b"<Code>AccessDenied</Code>" in answer.body) == (403, True)
    assert private.get(path).body == MISSING_KEY


def test_viewer_functions_run_after_the_check_and_do_not_see_the_signature(aws, origin, group_and_signers):
    cloudfront = aws.client("cloudfront")
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = cloudfront.create_function(Name="teapot", FunctionConfig=config, FunctionCode=FUNCTION.encode())
    cloudfront.publish_function(Name="teapot", IfMatch=made["ETag"])
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    functions = listed({"EventType": "viewer-request", "FunctionARN": arn})
    trusted = {"Enabled": True, **listed(group_and_signers[0])}
    private = distribution(
        aws,
        [custom(origin.port)],
        behavior(CACHING_DISABLED, TrustedKeyGroups=trusted, FunctionAssociations=functions),
    )
    assert private.get("/x").status == 403
    answer = private.get(signed(private, group_and_signers[1][0], "/x?a=b", "/*"))
    assert answer.status == 418
    assert json.loads(answer.headers["X-Query"]) == {"a": {"value": "b"}}


def test_a_custom_error_page_answers_for_a_refusal(aws, origin, group_and_signers):
    page = {"ErrorCode": 403, "ResponsePagePath": "/denied.html", "ResponseCode": "200", "ErrorCachingMinTTL": 0}
    private = distribution(
        aws,
        [custom(origin.port)],
        behavior(CACHING_DISABLED),
        {"/content/*": behavior(TrustedKeyGroups={"Enabled": True, **listed(group_and_signers[0])})},
        CustomErrorResponses=listed(page),
    )
    answer = private.get("/content/a/1.ts")
    assert (answer.status, answer.body, result(answer)) == (200, b"please sign in", "Error")


def test_a_key_that_leaves_its_group_stops_working(aws, origin):
    group, (old, new) = keys(aws, *(ec.generate_private_key(ec.SECP256R1()) for _ in range(2)), name="rotated")
    trusted = {"Enabled": True, **listed(group)}
    private = distribution(aws, [custom(origin.port)], behavior(CACHING_DISABLED, TrustedKeyGroups=trusted))
    paths = [signed(private, each, "/public.txt", "/*") for each in (old, new)]
    assert [private.get(path).status for path in paths] == [200, 200]
    cloudfront = aws.client("cloudfront")
    tag = cloudfront.get_key_group(Id=group)["ETag"]
    cloudfront.update_key_group(Id=group, IfMatch=tag, KeyGroupConfig={"Name": "rotated", "Items": [new.key_id]})
    assert b"<Code>InvalidKey</Code>" in private.get(paths[0]).body
    assert private.get(paths[1]).status == 200


def test_signatures_are_not_logged(aws, private, signer):
    parameters = signer.custom(policy(url_of(private), FUTURE))
    private.get(path_of(private, signed_url(url_of(private, "/content/a/1.ts"), parameters)))
    private.get("/content/b/1.ts", {"Cookie": cookie_header(parameters)})
    wait_until(lambda: aws.server_log.exists())
    for log in (aws.server_log, aws.log_file):
        assert parameters["Signature"] not in log.read_text()
