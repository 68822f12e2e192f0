"""Checks what a role allows an AWS service that acts with it, such as a topic rule or a delivery stream.

The service assumes the role, so the role's trust policy must name the service
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html), and then has its permissions.
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from local_aws.services.iam.decisions import Decisions

_SESSION = "service"
# Firehose's external id is the account of the delivery stream.
# https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
_WITH_EXTERNAL_ID = ("firehose.amazonaws.com",)
_decisions = Decisions()


class RoleRefuses(Exception):
    """The role does not exist, does not trust the service, or does not allow the action."""


def require_trust(role_arn: str, service: str) -> None:
    """Require that a service (`iot.amazonaws.com`) may assume a role.

    Raises
    ------
    RoleRefuses
        It may not, or there is no such role.
    """
    account, name = _parts(role_arn)
    role = iam._roles.get_scoped(account, None, name)
    keys = {"aws:sourceaccount": account}
    if service in _WITH_EXTERNAL_ID:
        keys["sts:externalid"] = account
    context = _context(service, account, "sts:AssumeRole", role_arn, keys)
    trust_policy = role["AssumeRolePolicyDocument"] if role else None
    if iam_evaluator.evaluate_resource_policy(trust_policy, context, service=service).decision != "Allow":
        raise RoleRefuses(f"unable to assume role {role_arn}")


def require_permission(role_arn: str, service: str, action: str, resource: str) -> None:
    """Require that a service may assume a role, and that the role's policies allow an action on a resource.

    Raises
    ------
    RoleRefuses
        The message names the role, the action and the resource.
    """
    request = role_arn, service, action, resource
    if not _decisions.is_allowed(request, lambda: _evaluate(*request)):
        raise RoleRefuses(f"User: {_caller(role_arn)} is not authorized to perform: {action} on resource: {resource}")


def _evaluate(role_arn: str, service: str, action: str, resource: str) -> bool:
    account, name = _parts(role_arn)
    require_trust(role_arn, service)
    policies = iam_evaluator._gather_role_policies(name, account)
    result = iam_evaluator.evaluate(_context(_caller(role_arn), account, action, resource, {}), policies)
    return bool(result.decision == "Allow")


def _caller(role_arn: str) -> str:
    account, name = _parts(role_arn)
    return f"arn:aws:sts::{account}:assumed-role/{name}/{_SESSION}"


def _context(principal: str, account: str, action: str, resource: str, keys: dict[str, str]) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole" if ":" in principal else "Service",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=resource.split(":")[3],
        service_context=keys,
    )


def _parts(role_arn: str) -> tuple[str, str]:
    parts = role_arn.split(":", 5)
    if len(parts) < 6 or not parts[5].startswith("role/"):
        raise RoleRefuses(f"{role_arn} is not the ARN of a role")
    return parts[4], parts[5].rpartition("/")[2]
