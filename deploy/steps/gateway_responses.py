"""What API Gateway answers without the function: from the app's contract, and from its stages.yaml.

The contract has it as AWS's own extension of OpenAPI, whose values are PutGatewayResponse's arguments:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html
"""

import json
from typing import Any

from deploy.apps import App
from deploy.errors import DeployError
from deploy.settings import Api, GatewayResponse
from deploy.target import Target

_EXTENSION = "x-amazon-apigateway-gateway-responses"


def gateway_responses(app: App, settings: Api) -> dict[str, dict[str, Any]]:
    """PutGatewayResponse's arguments by response type; those of stages.yaml replace those of the contract.

    Raises
    ------
    DeployError
        The contract is not JSON.
    """
    declared = _contract(app).get(_EXTENSION, {})
    return {**declared, **{name: _arguments(response) for name, response in settings.gateway_responses.items()}}


def _contract(app: App) -> dict[str, Any]:
    path = app.folder / "openapi.json"
    try:
        return dict(json.loads(path.read_bytes())) if path.exists() else {}
    except ValueError as error:
        raise DeployError(f"{app.key}/openapi.json: {error}; `make contract APP={app.key}` writes it") from None


def put_gateway_responses(app: App, target: Target, api: str, settings: Api) -> None:
    """Set the responses of an API; they take effect with its next deployment."""
    client = target.client("apigateway")
    for name, arguments in gateway_responses(app, settings).items():
        client.put_gateway_response(restApiId=api, responseType=name, **arguments)


def _arguments(response: GatewayResponse) -> dict[str, Any]:
    return {
        **({"statusCode": response.status} if response.status else {}),
        "responseParameters": {
            f"gatewayresponse.header.{name}": f"'{value}'" for name, value in response.headers.items()
        },
        **({"responseTemplates": {"application/json": response.template}} if response.template else {}),
    }
