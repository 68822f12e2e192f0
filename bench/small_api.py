"""A function behind a REST API, made of the calls that the unextended MiniStack has too: it cannot import an API."""

import io
import json
import uuid
import zipfile
from dataclasses import dataclass
from typing import Any

from bench.servers import Running
from deploy.steps.requirements import PYTHON_VERSION

_STAGE = "api"
_CODE = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": '{"hello": "world"}'}
"""
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class SmallApi:
    """Where the API is on its server."""

    host: str
    path: str


def deploy(server: Running, code: str = _CODE, actions: tuple[str, ...] = ()) -> SmallApi:
    """Make a function that may call these actions of AWS, and an API with one GET method that invokes it."""
    # A server has one of each measurement.
    function = _function(server, f"bench-{uuid.uuid4().hex[:8]}", code, actions)
    gateway = server.client("apigateway")
    api = gateway.create_rest_api(name="bench")["id"]
    root = next(each["id"] for each in gateway.get_resources(restApiId=api)["items"] if each["path"] == "/")
    resource = gateway.create_resource(restApiId=api, parentId=root, pathPart="hello")["id"]
    method = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function['FunctionArn']}/invocations"
    gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName=_STAGE)
    _permit(server, function)
    return SmallApi(f"{api}.execute-api.localhost:{server.port}", f"/{_STAGE}/hello")


def _function(server: Running, name: str, code: str, actions: tuple[str, ...]) -> dict[str, Any]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", code)
    roles = server.client("iam")
    role = roles.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
    if actions:
        allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        roles.put_role_policy(RoleName=name, PolicyName="bench", PolicyDocument=policy)
    functions = server.client("lambda")
    made: dict[str, Any] = functions.create_function(
        FunctionName=name,
        Runtime=PYTHON_VERSION,
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"AWS_ENDPOINT_URL": server.endpoint_url}},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    return made


def _permit(server: Running, function: dict[str, Any]) -> None:
    server.client("lambda").add_permission(
        FunctionName=function["FunctionName"],
        StatementId="bench",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
