"""Checks what a resource-based policy allows an AWS service.

https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.services import lambda_svc

_EVALUATOR = "ministack.core.iam_evaluator"
_CONTEXT = (
    "principal_arn,principal_type,principal_account,action,resource_arn,region,source_ip,secure_transport,request_tags,"
    "tag_keys,service_context,principal_keys"
)


def policy_allows(policy: Any, service: str, action: str, resource: str, source_arn: str, source_account: str) -> bool:
    """Whether a resource's policy allows a service an action on behalf of another resource and account."""
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=resource.split(":")[3],
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": source_account},
    )
    return bool(iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow")


def may_invoke(function_arn: str, service: str, source_arn: str, source_account: str) -> bool:
    """Whether a function's policy allows `service` to invoke it; False if the function does not exist."""
    record, config, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if record is None or config is None:
        return False
    # A version's record has no policy. Another region may have a function of the same name.
    _, _, _, region, account, _ = function_arn.split(":", 5)
    function = lambda_svc._functions.get_scoped(account, region, config["FunctionName"]) or record
    policy = function.get("policy") or {}
    return policy_allows(policy, service, "lambda:InvokeFunction", function_arn, source_arn, source_account)
