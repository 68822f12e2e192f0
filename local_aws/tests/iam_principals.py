"""IAM principals for conformance tests: users and roles with one policy, and what they may do."""

import json
import uuid
from typing import Any

from botocore.exceptions import ClientError


def statement(action: Any, resource: Any = "*", effect: str = "Allow", **rest: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **rest}


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


class User:
    """A new IAM user with one inline policy; `client` makes boto3 clients with its key."""

    def __init__(self, aws, document: str, name: str | None = None, tags: dict[str, str] | None = None) -> None:
        self.aws, self.name = aws, name or f"user-{uuid.uuid4().hex[:8]}"
        iam = aws.client("iam")
        pairs = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        self.arn = iam.create_user(UserName=self.name, Tags=pairs)["User"]["Arn"]
        iam.put_user_policy(UserName=self.name, PolicyName="only", PolicyDocument=document)
        self.key = iam.create_access_key(UserName=self.name)["AccessKey"]

    def client(self, service: str):
        return self.aws.client(service, self.key["AccessKeyId"], self.key["SecretAccessKey"])


def refused(call, *args: Any, **kwargs: Any) -> bool:
    """Whether IAM refuses the call; any other error is the test's own."""
    try:
        call(*args, **kwargs)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("AccessDenied", "AccessDeniedException", "AuthorizationError", "403"):
            return True
        if code in ("NoSuchKey", "404", "ValidationException"):
            return False
        raise
    return False
