"""Small functions, made in an embedded AWS for one test."""

import io
import json
import sys
import zipfile

TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


def packed(source: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("app.py", source)
    return archive.getvalue()


def make_function(aws, name: str, source: str, timeout: int = 60) -> None:
    """A function `app.handler` with a role of its own that may do nothing."""
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": packed(source)},
        Timeout=timeout,
    )
