"""API Gateway's own responses are those of the app's contract, unless stages.yaml replaces them."""

import json

import msgspec
import pytest

from deploy.errors import DeployError
from deploy.settings import Api
from deploy.steps.gateway_responses import gateway_responses, put_gateway_responses

EXTENSION = "x-amazon-apigateway-gateway-responses"
THROTTLED = {
    "statusCode": "429",
    "responseParameters": {"gatewayresponse.header.Retry-After": "'1'"},
    "responseTemplates": {"application/json": '{"title": "Too many"}'},
}


def declare(app, responses: dict) -> None:
    (app.folder / "openapi.json").write_text(json.dumps({"paths": {}, EXTENSION: responses}))


def test_the_contracts_responses_reach_api_gateway(app, aws):
    declare(app, {"THROTTLED": THROTTLED})
    client = aws.client("apigateway")
    api = client.create_rest_api(name="tiny")["id"]
    put_gateway_responses(app, aws, api, Api())
    response = client.get_gateway_response(restApiId=api, responseType="THROTTLED")
    assert {name: response[name] for name in THROTTLED} == THROTTLED


def test_stages_yaml_replaces_a_response_of_the_contract(app):
    declare(app, {"THROTTLED": THROTTLED, "UNAUTHORIZED": {"statusCode": "401"}})
    text = {"gateway_responses": {"THROTTLED": {"status": "503", "headers": {"Retry-After": "60"}, "template": "{}"}}}
    assert gateway_responses(app, msgspec.convert(text, Api)) == {
        "THROTTLED": {
            "statusCode": "503",
            "responseParameters": {"gatewayresponse.header.Retry-After": "'60'"},
            "responseTemplates": {"application/json": "{}"},
        },
        "UNAUTHORIZED": {"statusCode": "401"},
    }


def test_an_app_without_a_contract_keeps_api_gateways_own_responses(app):
    (app.folder / "openapi.json").unlink(missing_ok=True)
    assert gateway_responses(app, Api()) == {}


def test_a_contract_that_is_not_json_is_named_with_its_line(app):
    (app.folder / "openapi.json").write_text('{\n<<<<<<< HEAD\n"paths": {}}')
    with pytest.raises(DeployError, match=r"^tiny_app/openapi\.json: .* line 2 column 1 .*`make contract"):
        gateway_responses(app, Api())
