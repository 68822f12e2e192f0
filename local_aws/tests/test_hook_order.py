"""The MiniStack names that several modules take, and in which order.

The order is part of the behaviour: a locked user is refused before the PreAuthentication trigger runs, and the check
for recursive loops surrounds the code that handles a batch.
"""

import json
import subprocess
import sys

from local_aws.testing import FUNCTION_RUNTIME

PROGRAM = """
import json, pathlib, sys, tempfile

from local_aws import environment
from local_aws.settings import Settings

settings = Settings(pathlib.Path(tempfile.mkdtemp()), function_runtime_dir=pathlib.Path(sys.argv[1]))
environment.prepare(settings)
import ministack.app
from local_aws import hooks as extension

def values():
    found = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("ministack"):
            for attribute, value in vars(module).items():
                if callable(value):
                    found[f"{name}:{attribute}"] = value
                elif isinstance(value, dict) and not name.endswith("regions"):
                    for key, item in list(value.items()):
                        for place, each in (item.items() if isinstance(item, dict) else [("", item)]):
                            if callable(each):
                                found[f"{name}:{attribute}[{key}]" + (f"[{place}]" if place else "")] = each
    return found

# What a module gives back anew at each look (a proxy's method) is no hook.
found = list(extension.all_extensions())
from local_aws.services.cognito import operations

around = operations.around
def noted(wrappers):
    for operation in wrappers:
        # The first one installed is the outermost.
        taken.setdefault(f"Cognito {operation}", []).append(each.__name__.removeprefix("local_aws."))
    around(wrappers)
operations.around = noted
first, steady = values(), values()
steady = {name for name in steady if first.get(name) is steady[name]}
taken = {}
for each in found:
    before = values()
    extension._install(each, settings)
    after = values()
    for name, value in after.items():
        if (name in steady or name not in first) and before.get(name) is not value:
            taken.setdefault(name, []).insert(0, each.__name__.removeprefix("local_aws."))
print(json.dumps({name: owners for name, owners in taken.items() if len(owners) > 1}))
import os
sys.stdout.flush()
os._exit(0)
"""

# The outermost first.
ORDER = {
    "Cognito AdminInitiateAuth": (
        "services.cognito.challenges",
        "services.cognito.lockout",
        "services.cognito.triggers",
    ),
    "Cognito AdminRespondToAuthChallenge": ("services.cognito.challenges", "services.cognito.lockout"),
    "Cognito ConfirmSignUp": ("services.cognito.codes", "services.cognito.triggers"),
    "Cognito InitiateAuth": (
        "services.cognito.challenges",
        "services.cognito.lockout",
        "services.cognito.triggers",
    ),
    "Cognito RespondToAuthChallenge": ("services.cognito.challenges", "services.cognito.lockout"),
    "Cognito SignUp": (
        "services.cognito.attributes",
        "services.cognito.codes",
        "services.cognito.triggers",
        "services.cognito.user_pools",
    ),
    "ministack.app:_dispatch_service_request": ("services.lambda_.async_invocations", "faults.injection"),
    "ministack.core.iam_evaluator:enforce": ("services.iam.unsigned", "services.iam.leading_keys"),
    "ministack.services.apigateway_v1:handle_request": (
        "services.apigateway.patch_operations",
        "services.apigateway.import_rest_api",
    ),
    "ministack.services.cloudformation.changesets:_RESOURCE_HANDLERS[AWS::DynamoDB::Table][create]": (
        "services.dynamodb.ttl",
        "services.dynamodb.streams",
    ),
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::DynamoDB::Table][create]": (
        "services.dynamodb.ttl",
        "services.dynamodb.streams",
    ),
    "ministack.services.cloudformation.provisioners:_ddb_create": (
        "services.dynamodb.ttl",
        "services.dynamodb.streams",
    ),
    "ministack.services.cloudwatch_logs:_create_log_stream": ("services.logs.streams", "services.logs.limits"),
    "ministack.services.cognito:_run_idp_handler": (
        "services.cognito.user_pools",
        "services.cognito.triggers",
        "services.cognito.tokens",
        "services.cognito.lockout",
        "services.cognito.codes",
        "services.cognito.challenges",
        "services.cognito.attributes",
    ),
    "ministack.services.dynamodb:_build_change_record": ("services.dynamodb.ttl", "services.dynamodb.streams"),
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
    "ministack.services.lambda_svc:_run_sqs_batch": ("services.lambda_.sqs_loops", "services.lambda_.sqs_batches"),
    "ministack.services.lambda_svc:_update_esm": (
        "services.lambda_.stream_sources",
        "services.lambda_.stream_mappings",
    ),
    "ministack.services.ses_v2:handle_request": ("unsupported", "services.ses.send_operations"),
}


def test_names_that_several_modules_take_are_taken_in_this_order():
    command = [sys.executable, "-c", PROGRAM, str(FUNCTION_RUNTIME)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = json.loads(printed.splitlines()[-1])
    assert {name: tuple(owners) for name, owners in found.items()} == ORDER
