"""Functions for the conformance tests: created with boto3 only, each with a name and a role of its own."""

import base64
import io
import json
import sys
import textwrap
import uuid
import zipfile
from dataclasses import dataclass
from typing import Any

from local_aws.testing import EmbeddedAws

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def package(files: dict[str, str | bytes]) -> bytes:
    """A deployment package of these files; texts are dedented."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, textwrap.dedent(content) if isinstance(content, str) else content)
    return buffer.getvalue()


@dataclass(frozen=True)
class Response:
    """The response of Invoke."""

    status: int
    payload: Any
    error: str | None
    log: list[str]
    version: str


@dataclass
class Function:
    """One function in the embedded AWS."""

    aws: EmbeddedAws
    name: str
    role: str

    def invoke(self, event: Any = None, **options: Any) -> Response:
        """Invoke and wait, with the log's tail."""
        options = {"LogType": "Tail", "Payload": json.dumps(event).encode(), **options}
        response = self.aws.client("lambda").invoke(FunctionName=self.name, **options)
        text = response["Payload"].read()
        return Response(
            status=response["StatusCode"],
            payload=json.loads(text) if text else None,
            error=response.get("FunctionError"),
            log=base64.b64decode(response.get("LogResult", "")).decode().splitlines(),
            version=response.get("ExecutedVersion", ""),
        )

    def allow(self, *statements: dict[str, Any]) -> None:
        """Add a policy to the function's role."""
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
        self.aws.client("iam").put_role_policy(
            RoleName=self.role, PolicyName=uuid.uuid4().hex, PolicyDocument=json.dumps(policy)
        )

    def log_events(self) -> list[tuple[str, str]]:
        """Every (stream, line) of the function's log group, in order of arrival."""
        group = f"/aws/lambda/{self.name}"
        pages = self.aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [(event["logStreamName"], event["message"].rstrip("\n")) for page in pages for event in page["events"]]


def create(aws: EmbeddedAws, code: str | dict[str, str | bytes], **options: Any) -> Function:
    """A function whose handler is `app.handler`; `code` is app.py or all files."""
    name = f"f-{uuid.uuid4().hex[:12]}"
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    files = {"app.py": code} if isinstance(code, str) else code
    settings = {"Runtime": RUNTIME, "Handler": "app.handler", "Timeout": 30, **options}
    aws.client("lambda").create_function(
        FunctionName=name, Role=role["Arn"], Code={"ZipFile": package(files)}, **settings
    )
    return Function(aws, name, name)
