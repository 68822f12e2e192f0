"""Custom and IAM authorization, API keys, and addresses of an API without its own host name."""

import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_aws.tests.apis import document, function, import_api, operation, proxy
from local_aws.tests.http_call import call, call_api

GATEKEEPER = """
def handler(event, context):
    token = event["authorizationToken"]
    if token == "nobody":
        raise Exception("Unauthorized")
    effect = "Allow" if token == "friend" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": token, "policyDocument": policy, "context": {"level": 3}}
"""


@pytest.fixture(scope="module")
def api_id(aws):
    gatekeeper = proxy(function(aws, "gatekeeper", GATEKEEPER))["uri"]
    carried = {"in": "header", "type": "apiKey", "name": "X-Token"}
    schemes = {
        "own": {
            **carried,
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "token",
                "authorizerUri": gatekeeper,
                "authorizerResultTtlInSeconds": 0,
                "identityValidationExpression": "[a-z]+",
            },
        },
        "iam": {**carried, "x-amazon-apigateway-authtype": "awsSigv4"},
        "key": {"in": "header", "type": "apiKey", "name": "x-api-key"},
    }
    echo = proxy(function(aws, "callers-echo"))
    paths = {
        "/own/{x}": {"get": operation(echo, security=[{"own": []}])},
        "/iam/{x}": {"get": operation(echo, security=[{"iam": []}])},
        "/key": {"get": operation(echo, security=[{"key": []}])},
        "/open/{x}": {"get": operation(echo)},
    }
    return import_api(aws, document(paths, securityDefinitions=schemes), "s")


def test_a_custom_authorizer_decides_and_passes_its_context_to_the_function(aws, api_id):
    def get(token):
        return call_api(aws, api_id, "GET", "/s/own/a%2Fb", {"X-Token": token} if token else {})

    friend = get("friend")
    assert friend.status == 200
    assert friend.json["requestContext"]["authorizer"] == {"principalId": "friend", "level": "3"}
    assert (get("enemy").status, list(get("enemy").json)) == (403, ["Message"])
    for token in ("nobody", "NOT-VALID", None):
        assert (get(token).status, get(token).json) == (401, {"message": "Unauthorized"})


def test_iam_authorization_takes_signed_requests_that_a_policy_allows(aws, api_id):
    iam = aws.client("iam")
    iam.create_user(UserName="api-caller")
    key = iam.create_access_key(UserName="api-caller")["AccessKey"]

    def get(path):
        host = f"{api_id}.execute-api.localhost:{aws.port}"
        request = AWSRequest("GET", f"http://{host}{path}", headers={"Host": host})
        credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        return call_api(aws, api_id, "GET", path, headers)

    assert get("/s/iam/yes").status == 403
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api_id}/s/GET/iam/yes"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="api-caller", PolicyName="call", PolicyDocument=policy)
    allowed = get("/s/iam/yes")
    assert allowed.status == 200
    assert allowed.json["requestContext"]["identity"]["userArn"].endswith(":user/api-caller")
    assert get("/s/iam/no").status == 403
    unsigned = call_api(aws, api_id, "GET", "/s/iam/yes")
    assert (unsigned.status, unsigned.json) == (403, {"message": "Missing Authentication Token"})


def test_an_api_key_needs_a_usage_plan(aws, api_id):
    gateway = aws.client("apigateway")
    key = gateway.create_api_key(name="caller", enabled=True, value="k" * 20)
    for headers in ({}, {"X-Api-Key": key["value"]}):
        refused = call_api(aws, api_id, "GET", "/s/key", headers)
        assert (refused.status, refused.json) == (403, {"message": "Forbidden"})
    plan = gateway.create_usage_plan(name="callers", apiStages=[{"apiId": api_id, "stage": "s"}])
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert call_api(aws, api_id, "GET", "/s/key", {"X-Api-Key": key["value"]}).status == 200


def test_an_api_is_reached_without_its_own_host_name(aws, api_id):
    event = call(aws, "127.0.0.1", "GET", f"/_aws/execute-api/{api_id}/s/open/a%2Fb?q=1").json
    assert event["path"] == "/open/a%2Fb"
    assert event["queryStringParameters"] == {"q": "1"}
    assert event["requestContext"]["domainName"] == f"{api_id}.execute-api.us-east-1.amazonaws.com"
