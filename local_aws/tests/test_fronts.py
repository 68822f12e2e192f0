"""Each app's distribution on ports of its own, in http and https."""

import http.client
import json
import ssl
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from local_aws.testing import EmbeddedAws, free_ports
from local_aws.tests.private_content import Signer, cookie_header, pem_of, policy, signed_url
from local_aws.web.listening import has_address

KEY = ec.generate_private_key(ec.SECP256R1())
FUTURE = 2_000_000_000
TEMPLATE = {
    "Resources": {
        "Site": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "front-site"}},
        "Access": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": "front-site",
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "Tags": [{"Key": "quartet:app", "Value": "todo_app"}],
                "DistributionConfig": {
                    "Enabled": True,
                    "Comment": "a front's",
                    "DefaultRootObject": "index.html",
                    "Origins": [
                        {
                            "Id": "site",
                            "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]},
                            "OriginAccessControlId": {"Ref": "Access"},
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ],
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "site",
                        "ViewerProtocolPolicy": "allow-all",
                        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                    },
                    "CacheBehaviors": [
                        {
                            "PathPattern": "/secure/*",
                            "TargetOriginId": "site",
                            "ViewerProtocolPolicy": "redirect-to-https",
                            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                        },
                        {
                            "PathPattern": "/content/*",
                            "TargetOriginId": "site",
                            "ViewerProtocolPolicy": "allow-all",
                            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                            "TrustedKeyGroups": [{"Ref": "Group"}],
                        },
                    ],
                },
            },
        },
        "Key": {
            "Type": "AWS::CloudFront::PublicKey",
            "Properties": {
                "PublicKeyConfig": {"CallerReference": "front", "Name": "front", "EncodedKey": pem_of(KEY)},
            },
        },
        "Group": {
            "Type": "AWS::CloudFront::KeyGroup",
            "Properties": {"KeyGroupConfig": {"Name": "front", "Items": [{"Ref": "Key"}]}},
        },
        "SitePolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Site"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudfront.amazonaws.com"},
                            "Action": "s3:GetObject",
                            "Resource": {"Fn::Sub": "${Site.Arn}/*"},
                        }
                    ],
                },
            },
        },
    }
}


@dataclass
class Fronted:
    """A server with two fronts, the first of which has a distribution."""

    aws: EmbeddedAws
    http_port: int
    https_port: int
    undeployed_port: int

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return _get(http.client.HTTPConnection("localhost", self.http_port), path, headers)

    def get_secure(self, path: str, host: str = "localhost") -> tuple[int, dict[str, str], bytes]:
        trust = ssl.create_default_context(cafile=str(self.aws.state_dir / "ca.pem"))
        return _get(http.client.HTTPSConnection(host, self.https_port, context=trust), path, {})


def _get(connection, path, headers):
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def fronted(tmp_path_factory):
    ports = free_ports(5)
    fronts = ("--front", f"todo_app={ports[1]},{ports[2]}", "--front", f"blog_app={ports[3]},{ports[4]}")
    aws = EmbeddedAws(tmp_path_factory.mktemp("fronts"), port=ports[0], arguments=fronts).start()
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="fronts", TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="fronts", WaiterConfig={"Delay": 1})
    s3 = aws.client("s3")
    s3.put_object(Bucket="front-site", Key="index.html", Body=b"hello", ContentType="text/html")
    s3.put_object(Bucket="front-site", Key="health", Body=b"the app's own", ContentType="text/plain")
    s3.put_object(Bucket="front-site", Key="a b/c%d", Body=b"encoded", ContentType="text/plain")
    yield Fronted(aws, ports[1], ports[2], ports[3])
    aws.stop()


def test_a_redirect_to_https_leads_to_the_fronts_own_port(fronted):
    status, headers, _ = fronted.get("/secure/a?x=:1/")
    assert (status, headers["location"]) == (301, f"https://localhost:{fronted.https_port}/secure/a?x=:1/")


def test_the_distribution_with_the_apps_tag_is_served(fronted):
    status, headers, body = fronted.get("/")
    assert (status, body) == (200, b"hello")
    assert "cloudfront" in headers["via"].lower()


def test_the_same_over_https_with_the_local_authority(fronted):
    assert fronted.get_secure("/")[2] == b"hello"
    assert fronted.get_secure("/", host="127.0.0.1")[2] == b"hello"


@pytest.mark.skipif(not has_address("::1"), reason="this machine has no ::1")
def test_a_front_is_at_both_loopback_addresses(fronted):
    connection = http.client.HTTPConnection("::1", fronted.http_port)
    assert _get(connection, "/", {"Host": f"localhost:{fronted.http_port}"})[2] == b"hello"
    assert fronted.get_secure("/", host="::1")[2] == b"hello"


@pytest.mark.skipif(not has_address("::1"), reason="this machine has no ::1")
def test_viewers_of_a_distribution_without_ipv6_have_an_address_of_ipv4(fronted, signer):
    plain = f"http://localhost:{fronted.http_port}/content/a/*"
    link = signed_url("/content/a/1.ts", signer.custom(policy(plain, FUTURE, IpAddress="127.0.0.1/32")))
    connection = http.client.HTTPConnection("::1", fronted.http_port)
    assert _get(connection, link, {"Host": f"localhost:{fronted.http_port}"})[0] == 200


def test_a_request_target_may_be_a_whole_url(fronted):
    host = f"localhost:{fronted.http_port}"
    assert fronted.get(f"http://{host}/index.html")[::2] == (200, b"hello")
    assert fronted.get(f"HTTP://{host}")[::2] == (200, b"hello")
    # The URL's host counts, not the Host header.
    status, headers, _ = fronted.get(f"http://{host}/secure/a?b=%20", Host="other.example.com")
    assert (status, headers["location"]) == (301, f"https://localhost:{fronted.https_port}/secure/a?b=%20")


def test_https_without_the_local_authority_is_not_trusted(fronted):
    untrusting = http.client.HTTPSConnection("localhost", fronted.https_port)
    with pytest.raises(ssl.SSLCertVerificationError):
        untrusting.request("GET", "/")


def test_the_embedded_aws_has_no_paths_of_its_own_on_a_front(fronted):
    assert fronted.get("/health")[2] == b"the app's own"
    assert fronted.get("/_ministack/ready")[0] in (403, 404)


def test_an_encoded_path_reaches_the_origin_as_it_was_sent(fronted):
    assert fronted.get("/a%20b/c%25d")[2] == b"encoded"


def test_an_app_without_a_distribution_says_so(fronted):
    connection = http.client.HTTPConnection("localhost", fronted.undeployed_port)
    status, headers, body = _get(connection, "/", {})
    assert status == 503
    assert json.loads(body) == {"message": "blog_app is not deployed yet"}
    assert headers["retry-after"]


def test_cloudfronts_limits_of_url_and_headers_apply(fronted):
    assert fronted.get("/" + "x" * 8_192)[0] == 413
    assert fronted.get("/", **{"x-long": "x" * 20_480})[0] == 413


def test_a_viewer_cannot_claim_https(fronted):
    cloudfront = fronted.aws.client("cloudfront")
    found = cloudfront.list_distributions()["DistributionList"]["Items"][0]
    current = cloudfront.get_distribution_config(Id=found["Id"])
    config = current["DistributionConfig"]
    config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = "https-only"
    changed = cloudfront.update_distribution(Id=found["Id"], IfMatch=current["ETag"], DistributionConfig=config)
    try:
        assert fronted.get("/", **{"x-forwarded-proto": "https"})[0] == 403
        assert fronted.get_secure("/")[0] == 200
    finally:
        config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = "allow-all"
        cloudfront.update_distribution(Id=found["Id"], IfMatch=changed["ETag"], DistributionConfig=config)


def test_only_their_owner_can_read_private_keys(fronted):
    for name in ("ca-key.pem", "fronts-key.pem"):
        assert (fronted.aws.state_dir / name).stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def signer(fronted):
    (key,) = fronted.aws.client("cloudfront").list_public_keys()["PublicKeyList"]["Items"]
    for name in ("content/a/1.ts", "content/b/1.ts"):
        fronted.aws.client("s3").put_object(Bucket="front-site", Key=name, Body=name.encode())
    return Signer(key["Id"], KEY)


def test_private_content_is_served_at_both_ports_to_links_for_them(fronted, signer):
    plain, secure = (f"http://localhost:{fronted.http_port}", f"https://localhost:{fronted.https_port}")
    link = signed_url("/content/a/1.ts", signer.custom(policy(f"{plain}/content/a/*", FUTURE)))
    secure_link = signed_url("/content/a/1.ts", signer.custom(policy(f"{secure}/content/a/*", FUTURE)))
    assert fronted.get(link)[::2] == (200, b"content/a/1.ts")
    assert fronted.get_secure(secure_link)[::2] == (200, b"content/a/1.ts")
    assert fronted.get(secure_link)[0] == fronted.get_secure(link)[0] == 403
    assert fronted.get("/content/a/1.ts")[0] == 403
    cookies = cookie_header(signer.custom(policy(f"{plain}/content/a/*", FUTURE)))
    assert fronted.get("/content/a/1.ts", Cookie=cookies)[0] == 200
    assert fronted.get("/content/b/1.ts", Cookie=cookies)[0] == 403


def test_a_bucket_resolves_no_dot_segments(fronted, signer):
    # The policy allows every path, so the bucket is asked for an object of exactly this name.
    link = signed_url("/content/a/../b/1.ts", signer.custom(policy("*", FUTURE)))
    assert fronted.get(link)[0] == 403
    assert b"<Code>AccessDenied</Code><Message>Access Denied</Message>" in fronted.get(link)[2]
    assert fronted.get(link.replace("a/../b", "b"))[0] == 200


def test_private_content_is_not_in_the_bucket_for_others(fronted, signer):
    for host, path in (("localhost", "/front-site/content/a/1.ts"), ("front-site.localhost", "/content/a/1.ts")):
        connection = http.client.HTTPConnection("localhost", fronted.aws.port)
        assert _get(connection, path, {"Host": f"{host}:{fronted.aws.port}"})[0] == 403
