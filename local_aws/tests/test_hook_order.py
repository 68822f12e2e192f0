"""The MiniStack names on which several modules have hooks, and the order of the hooks.

The order is part of the behaviour: a locked user is refused before the PreAuthentication trigger runs, and the check
for recursive loops surrounds the code that handles a batch.
"""

import json
import subprocess
import sys

import pytest

from local_aws.hooks import order
from local_aws.hooks.hook import Hook
from local_aws.hooks.target import Target
from local_aws.testing import FUNCTION_RUNTIME

# What really sits on each name once the hooks are in place, followed from the outermost function inwards.
PROGRAM = """
import json, os, pathlib, sys, tempfile

from local_aws import environment
from local_aws.settings import Settings

settings = Settings(pathlib.Path(tempfile.mkdtemp()), function_runtime_dir=pathlib.Path(sys.argv[1]))
environment.prepare(settings)
import ministack.app
from local_aws.hooks import install_all

chains = {}
for name in {hook.target.name: hook.target for hook in install_all(settings)}.items():
    chain, value = [], name[1].value()
    while value is not None:
        function = getattr(value, "func", value)
        if getattr(function, "__module__", "").startswith("local_aws."):
            chain.append(function.__module__.removeprefix("local_aws."))
        value = getattr(value, "__wrapped__", None)
    chains[name[0]] = chain
print(json.dumps({name: chain for name, chain in chains.items() if len(chain) > 1}))
sys.stdout.flush()
os._exit(0)
"""

# The outermost first.
ORDER = {
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
    "ministack.app:_dispatch_service_request": (
        "services.cors",
        "services.lambda_.async_invocations",
        "faults.injection",
    ),
    "ministack.core.iam_actions:extract_resource_arn": (
        "services.json_services",
        "services.athena.authorization",
        "services.sqs.move_operations",
        "services.iam.requests",
    ),
    "ministack.core.iam_evaluator:enforce": ("services.iam.unsigned", "services.iam.leading_keys"),
    "ministack.services.dynamodb:_index_item": ("services.dynamodb.saved_items", "services.dynamodb.sorted_keys"),
    "ministack.services.apigateway_v1:handle_request": (
        "services.apigateway.patch_operations",
        "services.apigateway.stage_cache",
        "services.apigateway.import_rest_api",
    ),
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::DynamoDB::Table][create]": (
        "services.dynamodb.ttl",
        "services.dynamodb.streams",
    ),
    "ministack.services.cloudformation.provisioners:_ddb_create": (
        "services.dynamodb.ttl",
        "services.dynamodb.streams",
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
    "ministack.services.dynamodb:_build_change_record": ("services.dynamodb.ttl", "services.dynamodb.streams"),
    "ministack.services.dynamodb:get_state": ("services.dynamodb.streams", "services.dynamodb.global_tables"),
    "ministack.services.dynamodb:load_persisted_state": (
        "services.dynamodb.streams",
        "services.dynamodb.global_tables",
    ),
    "ministack.services.lambda_svc:_create_function": ("services.lambda_.requests", "services.lambda_.shared_code"),
    "ministack.services.lambda_svc:_create_esm": (
        "services.lambda_.stream_sources",
        "services.lambda_.stream_mappings",
        "services.lambda_.sqs_mappings",
    ),
    "ministack.services.lambda_svc:_run_sqs_batch": ("services.lambda_.sqs_loops", "services.lambda_.sqs_batches"),
    "ministack.services.lambda_svc:_update_esm": (
        "services.lambda_.stream_sources",
        "services.lambda_.stream_mappings",
    ),
    "ministack.services.ses_v2:handle_request": ("services.unsupported", "services.ses.send_operations"),
}


def test_hooks_of_several_modules_on_one_name_are_in_this_order():
    command = [sys.executable, "-c", PROGRAM, str(FUNCTION_RUNTIME)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    chains = json.loads(printed.splitlines()[-1])
    assert {name: tuple(chain) for name, chain in chains.items()} == ORDER


def hook(module: str, *, wraps: bool = True) -> Hook:
    return Hook(Target("ministack.services.sns:_fanout"), print, wraps, module)


def test_hooks_on_one_name_are_ordered_as_declared():
    hooks = [hook("a", wraps=False), hook("b")]
    declared = {"ministack.services.sns:_fanout": ("b", "a")}
    assert [hook.module for hook in order.in_order(hooks, declared)] == ["b", "a"]


@pytest.mark.parametrize(
    ("hooks", "declared"),
    [
        ([hook("a"), hook("b")], {}),
        ([hook("a"), hook("b")], {"ministack.services.sns:_fanout": ("a", "c")}),
        ([hook("a"), hook("b")], {"ministack.services.sns:_fanout": ("a",)}),
        ([hook("a"), hook("a")], {"ministack.services.sns:_fanout": ("a",)}),
        ([hook("a")], {"ministack.services.sns:_fanout": ("a", "b")}),
        ([], {"ministack.services.sns:_fanout": ("a", "b")}),
        ([hook("a", wraps=False), hook("b")], {"ministack.services.sns:_fanout": ("a", "b")}),
    ],
    ids=[
        "undeclared",
        "another module",
        "one missing",
        "twice one module",
        "one gone",
        "both gone",
        "replaced outside",
    ],
)
def test_hooks_on_one_name_without_a_valid_order_are_refused(hooks, declared):
    with pytest.raises(order.Undeclared, match="_fanout"):
        order.in_order(hooks, declared)
