"""A distribution from a CloudFormation template: a site in a bucket, an API behind /api/*."""

import json

import pytest

from local_aws.tests.apis import echo_api
from local_aws.tests.http_call import call

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
STACK = "site-and-api"


def behavior(pattern, **settings):
    return {
        "PathPattern": pattern,
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "allow-all",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
        "CachePolicyId": CACHING_DISABLED,
        **settings,
    }


def template(api_id, comment="first"):
    api = {
        "Id": "api",
        "DomainName": f"{api_id}.execute-api.us-east-1.amazonaws.com",
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
        "OriginCustomHeaders": [{"HeaderName": "X-From", "HeaderValue": "the distribution"}],
    }
    site = {
        "Id": "site",
        "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]},
        "OriginAccessControlId": {"Fn::GetAtt": ["Access", "Id"]},
        "S3OriginConfig": {},
    }
    access = {
        "Name": STACK,
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    config = {
        "Enabled": True,
        "Comment": comment,
        "DefaultRootObject": "index.html",
        "Origins": [site, api, {**api, "Id": "nested", "OriginPath": "/api"}],
        "DefaultCacheBehavior": {
            "TargetOriginId": "site",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": CACHING_DISABLED,
            "ResponseHeadersPolicyId": "67f7725c-6f97-4210-82d7-5512b31e9d03",
        },
        "CacheBehaviors": [
            behavior("/api/*", OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST),
            behavior("/bare/*", TargetOriginId="nested"),
            behavior("/host/*", OriginRequestPolicyId=ALL_VIEWER),
            {key: value for key, value in behavior("/read/*").items() if key != "AllowedMethods"},
        ],
        "CustomErrorResponses": [{"ErrorCode": 404, "ResponseCode": 200, "ResponsePagePath": "/index.html"}],
    }
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}],
            }
        ]
    }
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "site-and-api-bucket"}},
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": policy},
        },
        "Access": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {"OriginAccessControlConfig": access},
        },
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {"DistributionConfig": config, "Tags": [{"Key": "quartet:app", "Value": "probe"}]},
        },
    }
    outputs = {
        "Domain": {"Value": {"Fn::GetAtt": ["Distribution", "DomainName"]}},
        "Id": {"Value": {"Ref": "Distribution"}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def outputs(aws):
    stack = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@pytest.fixture(scope="module")
def api_id(aws):
    return echo_api(aws, "behind-cloudfront", "api")


@pytest.fixture(scope="module")
def distribution(aws, api_id):
    formation = aws.client("cloudformation")
    formation.create_stack(StackName=STACK, TemplateBody=template(api_id))
    formation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    aws.client("s3").put_object(
        Bucket="site-and-api-bucket", Key="index.html", Body=b"<h1>site</h1>", ContentType="text/html"
    )
    return outputs(aws)


@pytest.fixture(scope="module")
def visit(aws, distribution):
    host = distribution["Domain"].replace(".cloudfront.net", ".cloudfront.localhost")

    def visit(method, path, headers=None, body=None):
        return call(aws, host, method, path, headers, body)

    return visit


def test_the_site_and_the_api_share_one_domain(visit):
    site = visit("GET", "/")
    assert (site.status, site.body) == (200, b"<h1>site</h1>")
    assert site.headers["Strict-Transport-Security"]
    response = visit("POST", "/api/things/a%2Fb?x=1&x=2", {"Authorization": "token"}, b'{"a":1}')
    assert response.status == 200
    assert response.json["path"] == "/things/a%2Fb"
    assert response.json["pathParameters"] == {"thing": "a%2Fb"}
    assert response.json["body"] == '{"a":1}'
    assert response.json["multiValueQueryStringParameters"] == {"x": ["1", "2"]}


def test_the_origin_sees_what_the_policies_forward_and_what_cloudfront_adds(visit, api_id):
    headers = {"Authorization": "token", "X-Mine": "1", "X-Forwarded-For": "192.0.2.1"}
    event = visit("GET", "/api/things/a", headers).json
    sent = {name.lower(): value for name, value in event["headers"].items()}
    assert sent["authorization"] == "token"
    assert sent["x-mine"] == "1"
    assert sent["host"] == f"{api_id}.execute-api.us-east-1.amazonaws.com"
    assert sent["x-from"] == "the distribution"
    assert sent["via"].endswith(".cloudfront.net (CloudFront)")
    assert sent["x-amz-cf-id"]
    assert sent["x-forwarded-for"].startswith("192.0.2.1, 127.0.0.1")
    assert sent["x-forwarded-proto"] == "https"


def test_without_an_origin_request_policy_no_authorization_and_no_query_reaches_the_origin(visit):
    event = visit("GET", "/bare/things/a?x=1", {"Authorization": "token", "X-Mine": "1"}).json
    sent = {name.lower() for name in event["headers"]}
    assert not {"authorization", "x-mine"} & sent
    assert event["queryStringParameters"] is None
    assert event["path"] == "/bare/things/a"


def test_a_forwarded_viewer_host_is_refused_by_the_api(visit):
    response = visit("GET", "/host/things/a")
    assert (response.status, response.json) == (403, {"message": "Forbidden"})


def test_a_behavior_without_allowed_methods_allows_get_and_head(visit):
    response = visit("POST", "/read/things/a", body=b"x")
    assert response.status == 403
    assert b"not configured to allow the HTTP request method" in response.body
    assert response.headers["X-Cache"] == "Error from cloudfront"


def test_errors_of_the_api_pass_through(visit):
    response = visit("GET", "/api/nothing/here")
    assert (response.status, response.json) == (403, {"message": "Missing Authentication Token"})
    assert response.headers["X-Cache"] == "Error from cloudfront"
    assert visit("GET", "/api/things/a").headers["X-Cache"] == "Miss from cloudfront"


def test_an_update_keeps_the_distribution_and_its_domain(aws, api_id, distribution):
    formation = aws.client("cloudformation")
    formation.update_stack(StackName=STACK, TemplateBody=template(api_id, "second"))
    formation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    assert outputs(aws) == distribution
    config = aws.client("cloudfront").get_distribution_config(Id=distribution["Id"])["DistributionConfig"]
    assert config["Comment"] == "second"
    assert config["CustomErrorResponses"]["Items"][0]["ResponsePagePath"] == "/index.html"
    assert config["DefaultRootObject"] == "index.html"
    arn = aws.client("cloudfront").get_distribution(Id=distribution["Id"])["Distribution"]["ARN"]
    tags = aws.client("cloudfront").list_tags_for_resource(Resource=arn)["Tags"]["Items"]
    assert {"Key": "quartet:app", "Value": "probe"} in tags
