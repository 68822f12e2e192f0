"""APIs for the conformance tests: a function that echoes its event, behind a document of routes."""

import io
import json
import zipfile
from typing import Any

from local_aws.testing import EmbeddedAws

ECHO = """
import json


def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}
"""


def function(aws: EmbeddedAws, name: str, source: str = ECHO, timeout_seconds: int = 30) -> str:
    """The ARN of a new Python function with one module, `app.handler`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", source)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    created = aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=timeout_seconds,
    )
    aws.client("lambda").get_waiter("function_active_v2").wait(FunctionName=name)
    return str(created["FunctionArn"])


def proxy(function_arn: str, **settings: Any) -> dict[str, Any]:
    """`x-amazon-apigateway-integration` for a Lambda proxy."""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, **settings}


def operation(integration: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": integration, **settings}


def document(paths: dict[str, Any], title: str = "probe", **settings: Any) -> dict[str, Any]:
    return {"swagger": "2.0", "info": {"title": title, "version": "1.0"}, "paths": paths, **settings}


def import_api(aws: EmbeddedAws, api: dict[str, Any], stage: str | None = None) -> str:
    """The id of a new API, deployed onto a stage if one is given."""
    gateway = aws.client("apigateway")
    api_id = str(gateway.import_rest_api(body=json.dumps(api).encode())["id"])
    if stage:
        gateway.create_deployment(restApiId=api_id, stageName=stage)
    return api_id


def echo_api(aws: EmbeddedAws, name: str, stage: str, **settings: Any) -> str:
    """An API whose `/things/{thing}` and `/bare/...` and `/files/{path+}` echo the event."""
    everything = {"x-amazon-apigateway-any-method": operation(proxy(function(aws, name)))}
    paths = {"/things/{thing}": everything, "/bare/things/{thing}": everything, "/files/{path+}": everything}
    return import_api(aws, document(paths, name, **settings), stage)
