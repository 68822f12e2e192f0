"""ImportRestApi and PutRestApi: the API does what its OpenAPI document says."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.apis import document, echo_api, import_api, operation, proxy
from local_aws.tests.http_call import call_api

PREFLIGHT = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {
        "default": {
            "statusCode": "200",
            "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'https://a.example'"},
        }
    },
}
CHOICE = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": $input.params("status")}'},
    "passthroughBehavior": "never",
    "responses": {
        "4\\d\\d": {"statusCode": "404", "responseTemplates": {"application/json": '{"path": "$context.path"}'}},
        "default": {"statusCode": "201", "responseTemplates": {"text/plain": "made", "application/json": '"made"'}},
    },
}


def methods(gateway, api_id):
    resources = gateway.get_resources(restApiId=api_id, embed=["methods"])["items"]
    return {resource["path"]: sorted(resource.get("resourceMethods", {})) for resource in resources}


def put(aws, api_id, api, mode):
    aws.client("apigateway").put_rest_api(restApiId=api_id, mode=mode, body=json.dumps(api).encode())


def with_response(response):
    return json.dumps(document({"/": {"get": operation(PREFLIGHT, responses={"200": response})}})).encode()


def test_mock_integrations_respond_by_their_templates(aws):
    api_id = import_api(aws, document({"/": {"options": operation(PREFLIGHT)}, "/c": {"get": operation(CHOICE)}}), "s")
    preflight = call_api(aws, api_id, "OPTIONS", "/s")
    assert (preflight.status, preflight.body) == (200, b"")
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://a.example"
    made = call_api(aws, api_id, "GET", "/s/c?status=200", {"Accept": "text/plain"})
    assert (made.status, made.headers["Content-Type"], made.body) == (201, "text/plain", b"made")
    missing = call_api(aws, api_id, "GET", "/s/c?status=410")
    assert (missing.status, missing.json) == (404, {"path": "/s/c"})
    refused = call_api(aws, api_id, "GET", "/s/c?status=200", {"Content-Type": "text/csv"})
    assert (refused.status, refused.json) == (415, {"message": "Unsupported Media Type"})


def test_api_settings_and_gateway_responses_come_with_the_document(aws):
    gateway = aws.client("apigateway")
    settings = {
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-minimum-compression-size": 100,
        "x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.X-From": "'gateway'"}}
        },
    }
    api_id = import_api(aws, document({"/a": {"get": operation(PREFLIGHT)}}, "named", **settings), "s")
    api = gateway.get_rest_api(restApiId=api_id)
    assert (api["name"], api["binaryMediaTypes"], api["minimumCompressionSize"]) == ("named", ["image/png"], 100)
    missing = call_api(aws, api_id, "GET", "/s/nothing")
    assert (missing.status, missing.headers["X-From"]) == (403, "gateway")
    assert missing.json == {"message": "Missing Authentication Token"}


def test_security_schemes_become_authorizers(aws):
    pool = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_x"
    uri = proxy("arn:aws:lambda:us-east-1:000000000000:function:x")["uri"]
    carried = {"in": "header", "type": "apiKey", "name": "X-Token"}
    schemes = {
        "users": {**carried, "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [pool]}},
        "own": {
            **carried,
            "x-amazon-apigateway-authorizer": {
                "type": "request",
                "authorizerUri": uri,
                "identitySource": "method.request.header.A, method.request.querystring.b",
                "authorizerResultTtlInSeconds": 0,
            },
        },
        "iam": {**carried, "x-amazon-apigateway-authtype": "awsSigv4"},
        "key": {"in": "header", "type": "apiKey", "name": "x-api-key"},
    }
    paths = {
        "/": {
            "get": operation(PREFLIGHT, security=[{"users": ["a/read"]}]),
            "put": operation(PREFLIGHT, security=[{"own": []}, {"key": []}]),
            "post": operation(PREFLIGHT, security=[{"iam": []}]),
        }
    }
    gateway = aws.client("apigateway")
    api_id = import_api(aws, document(paths, securityDefinitions=schemes))
    by_name = {authorizer["name"]: authorizer for authorizer in gateway.get_authorizers(restApiId=api_id)["items"]}
    assert by_name["users"]["providerARNs"] == [pool]
    assert by_name["users"]["identitySource"] == "method.request.header.X-Token"
    assert by_name["own"]["authorizerResultTtlInSeconds"] == 0
    resource_id = gateway.get_resources(restApiId=api_id)["items"][0]["id"]
    verbs = {
        verb: gateway.get_method(restApiId=api_id, resourceId=resource_id, httpMethod=verb)
        for verb in ("GET", "PUT", "POST")
    }
    assert verbs["GET"]["authorizationType"] == "COGNITO_USER_POOLS"
    assert verbs["GET"]["authorizerId"] == by_name["users"]["id"]
    assert verbs["GET"]["authorizationScopes"] == ["a/read"]
    assert (verbs["PUT"]["authorizationType"], verbs["PUT"]["apiKeyRequired"]) == ("CUSTOM", True)
    assert verbs["POST"]["authorizationType"] == "AWS_IAM"


def test_overwrite_replaces_methods_and_merge_adds_them(aws):
    gateway = aws.client("apigateway")
    api_id = import_api(aws, document({"/a/b": {"get": operation(PREFLIGHT)}, "/c": {"get": operation(PREFLIGHT)}}))
    put(aws, api_id, document({"/a": {"put": operation(PREFLIGHT)}}), "merge")
    assert methods(gateway, api_id) == {"/": [], "/a": ["PUT"], "/a/b": ["GET"], "/c": ["GET"]}
    before = {resource["path"]: resource["id"] for resource in gateway.get_resources(restApiId=api_id)["items"]}
    put(aws, api_id, document({"/c": {"post": operation(PREFLIGHT)}}, "renamed"), "overwrite")
    assert methods(gateway, api_id) == {"/": [], "/c": ["POST"]}
    after = {resource["path"]: resource["id"] for resource in gateway.get_resources(restApiId=api_id)["items"]}
    assert after["/c"] == before["/c"]
    assert gateway.get_rest_api(restApiId=api_id)["name"] == "renamed"


def test_an_overwrite_without_a_change_keeps_every_id(aws):
    gateway = aws.client("apigateway")
    carried = {"in": "header", "type": "apiKey", "name": "A"}
    pool = {"type": "cognito_user_pools", "providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/x"]}
    settings = {
        "definitions": {"Empty": {"type": "object"}},
        "securityDefinitions": {"users": {**carried, "x-amazon-apigateway-authorizer": pool}},
    }
    api = document({"/a": {"get": operation(PREFLIGHT, security=[{"users": []}])}}, **settings)
    api_id = import_api(aws, api)

    def ids():
        lists = (gateway.get_models, gateway.get_authorizers, gateway.get_resources)
        return [{item["id"] for item in listed(restApiId=api_id)["items"]} for listed in lists]

    before = ids()
    assert list(map(len, before)) == [1, 1, 2]
    put(aws, api_id, api, "overwrite")
    assert ids() == before


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{nonsense: [", "supports JSON only"),
        (b"swagger: '2.0'", "supports JSON only"),
        (b'{"openapi": "3.0.1", "paths": {}}', "Unsupported OpenAPI version '3.0.1'"),
        (b'{"swagger": "1.2", "paths": {}}', "Unsupported OpenAPI version '1.2'"),
        (b'{"swagger": "2.0"}', "'paths' is missing"),
        (json.dumps(document({"a": {"get": operation(PREFLIGHT)}})).encode(), "must start with a slash"),
        (json.dumps(document({"/{x+}/y": {"get": operation(PREFLIGHT)}})).encode(), "must be its last part"),
        (json.dumps(document({"/{x}": {}, "/{y}/z": {}})).encode(), "A sibling"),
        (json.dumps(document({"/": {"get": operation({"type": "nonsense"})}})).encode(), "type 'nonsense'"),
        (json.dumps(document({"/": {"get": operation({"type": "http"})}})).encode(), "uri is missing"),
        (
            json.dumps(document({"/": {"get": operation(PREFLIGHT, security=[{"nobody": []}])}})).encode(),
            "no security scheme 'nobody'",
        ),
        (
            json.dumps(document({}, **{"x-amazon-apigateway-request-validators": {"all": {}}})).encode(),
            "does not support request validators",
        ),
        (
            json.dumps(
                document({"/": {"get": operation(PREFLIGHT, **{"x-amazon-apigateway-request-validator": "all"})}})
            ).encode(),
            "does not support request validators",
        ),
        (
            json.dumps(document({}, definitions={"A": {"items": {"$ref": "#/definitions/A"}}})).encode(),
            "'A' refers to another",
        ),
        (with_response({"schema": {"type": "object"}}), "does not support inline schemas"),
        (with_response({"schema": {"$ref": "#/definitions/A"}}), "no such schema is defined"),
        (with_response({"$ref": "#/responses/A"}), "does not support references to '#/responses/A'"),
        (
            json.dumps(document({}, **{"x-amazon-apigateway-gateway-responses": {"NOPE": {}}})).encode(),
            "Invalid gateway response type: NOPE",
        ),
    ],
)
def test_a_bad_document_is_refused_with_its_reason_and_changes_nothing(aws, body, reason):
    gateway = aws.client("apigateway")
    api_id = import_api(aws, document({"/kept": {"get": operation(PREFLIGHT)}}))
    with pytest.raises(ClientError) as refused:
        gateway.put_rest_api(restApiId=api_id, mode="overwrite", body=body)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert reason in refused.value.response["Error"]["Message"]
    assert methods(gateway, api_id) == {"/": [], "/kept": ["GET"]}


def test_base_paths_are_not_supported(aws):
    gateway = aws.client("apigateway")
    body = json.dumps(document({"/a": {"get": operation(PREFLIGHT)}}, basePath="/v1")).encode()
    for mode in ("prepend", "split"):
        with pytest.raises(ClientError, match="basepath must be ignore"):
            gateway.import_rest_api(body=body, parameters={"basepath": mode})
    api_id = str(gateway.import_rest_api(body=body)["id"])
    assert methods(gateway, api_id) == {"/": [], "/a": ["GET"]}


def test_patches_follow_json_pointer_and_types(aws):
    gateway = aws.client("apigateway")
    api_id = import_api(aws, document({"/": {"get": operation(PREFLIGHT)}}))

    def patch(op, path, value):
        gateway.update_rest_api(restApiId=api_id, patchOperations=[{"op": op, "path": path, "value": value}])
        return gateway.get_rest_api(restApiId=api_id)

    assert patch("add", "/binaryMediaTypes/image~1png", "")["binaryMediaTypes"] == ["image/png"]
    assert patch("replace", "/minimumCompressionSize", "10")["minimumCompressionSize"] == 10
    assert "minimumCompressionSize" not in patch("replace", "/minimumCompressionSize", "")
    with pytest.raises(ClientError, match="between 0 and 10485760"):
        patch("replace", "/minimumCompressionSize", "-1")
    assert patch("remove", "/binaryMediaTypes/image~1png", "")["binaryMediaTypes"] == []


def test_patches_of_a_method_and_its_integration(aws):
    gateway = aws.client("apigateway")
    api_id = import_api(aws, document({"/": {"get": operation(PREFLIGHT)}}))
    at = {
        "restApiId": api_id,
        "resourceId": gateway.get_resources(restApiId=api_id)["items"][0]["id"],
        "httpMethod": "GET",
    }
    key = "method.request.header.Authorization"
    gateway.update_method(**at, patchOperations=[{"op": "add", "path": f"/requestParameters/{key}", "value": "false"}])
    assert gateway.get_method(**at)["requestParameters"] == {key: False}
    patches = [
        {"op": "add", "path": f"/cacheKeyParameters/{key}", "value": ""},
        {"op": "replace", "path": "/timeoutInMillis", "value": "500"},
        {"op": "add", "path": "/requestTemplates/text~1plain", "value": "x~1y"},
    ]
    gateway.update_integration(**at, patchOperations=patches)
    integration = gateway.get_integration(**at)
    assert (integration["cacheKeyParameters"], integration["timeoutInMillis"]) == ([key], 500)
    assert integration["requestTemplates"]["text/plain"] == "x~1y"


def test_any_and_greedy_routes_reach_the_function(aws):
    api_id = echo_api(aws, "import-any", "s")
    event = call_api(aws, api_id, "PATCH", "/s/files/a/b%2Fc").json
    assert event["pathParameters"] == {"path": "a/b%2Fc"}
    assert event["resource"] == "/files/{path+}"
