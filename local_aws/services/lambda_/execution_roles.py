"""Checks what a function's execution role allows, and makes clients with its permissions."""

import secrets
import time
from typing import Any

from botocore.config import Config
from ministack.core import iam_evaluator
from ministack.services import iam, sts

from local_aws import service_models

_CONTEXT = (
    "principal_arn,principal_type,principal_account,action,resource_arn,region,source_ip,secure_transport,request_tags,"
    "tag_keys,service_context,principal_keys"
)

_SESSION_SECONDS = 3600


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
    account, name = _parts(role_arn)
    role = iam._roles.get(name) or {}
    key, secret, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(60)
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/lambda",
        "UserId": f"{role.get('RoleId', name)}:lambda",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + _SESSION_SECONDS,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, session)
    return service_models.create_client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30),
    )


def _parts(role_arn: str) -> tuple[str, str]:
    _, _, _, _, account, path = role_arn.split(":", 5)
    return account, path.rpartition("/")[2]
