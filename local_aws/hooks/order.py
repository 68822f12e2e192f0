"""Declares the order of the hooks that take the same MiniStack name.

Most names have one hook. If a name has several, their order is part of the behaviour: a locked user is refused
before a PreAuthentication trigger runs, and the check for recursive loops surrounds the code that handles a batch.
"""

from collections.abc import Iterable, Mapping

from local_aws.hooks.hook import Hook

# The modules whose hooks take a name, the outermost first.
ORDER: Mapping[str, tuple[str, ...]] = {
    "ministack.app:_dispatch_service_request": (
        "services.cors",
        "services.lambda_.async_invocations",
        "faults.injection",
    ),
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::DynamoDB::Table][create]": (
        "services.dynamodb.ttl",
        "services.dynamodb.streams",
    ),
    "ministack.services.cloudformation.provisioners:_ddb_create": (
        "services.dynamodb.ttl",
        "services.dynamodb.streams",
    ),
    "ministack.services.dynamodb:_build_change_record": ("services.dynamodb.ttl", "services.dynamodb.streams"),
    "ministack.services.dynamodb:_index_item": ("services.dynamodb.saved_items", "services.dynamodb.sorted_keys"),
    "ministack.services.dynamodb:get_state": ("services.dynamodb.streams", "services.dynamodb.global_tables"),
    "ministack.services.dynamodb:load_persisted_state": (
        "services.dynamodb.streams",
        "services.dynamodb.global_tables",
    ),
    "ministack.services.lambda_svc:_create_esm": (
        "services.lambda_.stream_sources",
        "services.lambda_.stream_mappings",
        "services.lambda_.sqs_mappings",
    ),
    "ministack.services.lambda_svc:_create_function": ("services.lambda_.requests", "services.lambda_.shared_code"),
    "ministack.services.lambda_svc:_run_sqs_batch": ("services.lambda_.sqs_loops", "services.lambda_.sqs_batches"),
    "ministack.services.lambda_svc:_update_esm": (
        "services.lambda_.stream_sources",
        "services.lambda_.stream_mappings",
    ),
    "ministack.core.iam_actions:extract_resource_arn": (
        "services.json_services",
        "services.athena.authorization",
        "services.sqs.move_operations",
        "services.iam.requests",
    ),
    "ministack.core.iam_evaluator:enforce": ("services.iam.unsigned", "services.iam.leading_keys"),
    "ministack.services.cognito:_admin_initiate_auth": (
        "services.cognito.challenges",
        "services.cognito.lockout",
        "services.cognito.triggers",
    ),
    "ministack.services.cognito:_admin_respond_to_auth_challenge": (
        "services.cognito.challenges",
        "services.cognito.lockout",
    ),
    "ministack.services.cognito:_confirm_sign_up": ("services.cognito.codes", "services.cognito.triggers"),
    "ministack.services.cognito:_initiate_auth": (
        "services.cognito.challenges",
        "services.cognito.lockout",
        "services.cognito.triggers",
    ),
    "ministack.services.cognito:_respond_to_auth_challenge": (
        "services.cognito.challenges",
        "services.cognito.lockout",
    ),
    "ministack.services.cognito:_sign_up": (
        "services.cognito.attributes",
        "services.cognito.codes",
        "services.cognito.triggers",
        "services.cognito.user_pools",
    ),
    "ministack.services.apigateway_v1:handle_request": (
        "services.apigateway.patch_operations",
        "services.apigateway.stage_cache",
        "services.apigateway.import_rest_api",
    ),
    "ministack.services.cloudfront:_distribution_config_xml": (
        "services.cloudfront.custom_headers",
        "services.cloudfront.origin_groups",
        "services.cloudfront.private_content.key_groups",
    ),
    "ministack.services.cloudfront:_distribution_vpc_origin_error": (
        "services.cloudfront.custom_headers",
        "services.cloudfront.origin_groups",
        "services.cloudfront.private_content.key_groups",
    ),
    "ministack.services.cloudwatch_logs:_create_log_stream": ("services.logs.streams", "services.logs.limits"),
    "ministack.services.ses_v2:handle_request": ("services.unsupported", "services.ses.send_operations"),
}


class Undeclared(Exception):
    """ORDER does not have a name that several hooks take, or it has a name that they do not take."""


def in_order(hooks: Iterable[Hook], declared: Mapping[str, tuple[str, ...]] = ORDER) -> list[Hook]:
    """Sort hooks by name, and the hooks of one name by ORDER, the outermost first.

    Raises
    ------
    Undeclared
        The message names the modules.
    """
    by_name: dict[str, list[Hook]] = {}
    for hook in hooks:
        by_name.setdefault(hook.target.name, []).append(hook)
    for name in declared:
        if len(by_name.get(name, [])) < 2:
            raise Undeclared(f"{name} has a declared order, but fewer than two hooks")
    return [hook for name, on_name in by_name.items() for hook in _ordered(name, on_name, declared.get(name))]


def _ordered(name: str, hooks: list[Hook], modules: tuple[str, ...] | None) -> list[Hook]:
    if len(hooks) == 1:
        return hooks
    by_module = {hook.module: hook for hook in hooks}
    if modules is None or set(modules) != set(by_module) or len(modules) != len(hooks):
        taken = ", ".join(sorted(hook.module for hook in hooks))
        raise Undeclared(f"{name} is taken by {taken}, and local_aws/hooks/order.py does not say in which order")
    ordered = [by_module[module] for module in modules]
    if not all(hook.wraps for hook in ordered[:-1]):
        raise Undeclared(f"{name} is replaced outside of another hook, which would never run")
    return ordered
