"""Who may invoke a function, by its own policy, and what its role may do.

https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.services import lambda_svc


def may_invoke(function_arn: str, service: str, source_arn: str, source_account: str) -> bool:
    """Whether the policy lets `service` invoke it for `source_arn`; a function that is not there lets nobody."""
    record, config, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if record is None or config is None:
        return False
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=function_arn.split(":")[3],
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": source_account},
    )
    policy = _policy(record, config)
    return bool(iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow")


def role_may(role_arn: str, action: str, resource: str) -> bool:
    """Whether a function's role is allowed this by its own policies."""
    _, _, _, _, account, path = role_arn.split(":", 5)
    name = path.rpartition("/")[2]
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


def _policy(record: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    function = lambda_svc._functions.get(config["FunctionName"]) or record
    found: dict[str, Any] = function.get("policy") or {}
    return found
