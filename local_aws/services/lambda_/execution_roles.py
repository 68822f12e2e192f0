"""Checks what a function's execution role allows, and makes clients with its permissions."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from ministack.core import iam_evaluator
from ministack.services import iam, sts

from local_aws import service_models

_CONTEXT = (
    "principal_arn,principal_type,principal_account,action,resource_arn,region,source_ip,secure_transport,request_tags,"
    "tag_keys,service_context,principal_keys"
)

SESSION_SECONDS = 3600


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of a role's session."""

    access_key: str
    secret: str
    token: str


def allows(role_arn: str, action: str, resource: str) -> bool:
    """Whether the policies of a function's role allow an action on a resource."""
    account, name = _parts(role_arn)
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/lambda",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=resource.split(":")[3],
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")


def client(service: str, role_arn: str, region: str, endpoint_url: str) -> Any:
    """Make a client of one service that acts as this role."""
    credentials = start_session(role_arn, "lambda")
    return service_models.create_client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret,
        aws_session_token=credentials.token,
        config=Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30),
    )


def start_session(role_arn: str, session_name: str) -> Credentials:
    """Assume a role for an hour."""
    account, name = _parts(role_arn)
    role = iam._roles.get(name) or {}
    credentials = Credentials(
        f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(60)
    )
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        "UserId": f"{role.get('RoleId', name)}:{session_name}",
        "SecretAccessKey": credentials.secret,
        "SessionToken": credentials.token,
        "Expiration": time.time() + SESSION_SECONDS,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(credentials.access_key, session)
    return credentials


def _parts(role_arn: str) -> tuple[str, str]:
    _, _, _, _, account, path = role_arn.split(":", 5)
    return account, path.rpartition("/")[2]
