"""Step 2: one stage in `.chalice/config.json`, from the stack's outputs and stages.yaml."""

import json
import re
from typing import Any

from deploy.apps import App

API_FUNCTION = "api_handler"
PREVIEW_STAGE = "preview"
_ROLE = "Role"
# Outputs that are a function's place in a VPC, by the beginning of their names, and Chalice's settings for them.
_NETWORK = {"SubnetIds": "subnet_ids", "SecurityGroupIds": "security_group_ids"}


def chalice_stage(app: App, stage: str, outputs: dict[str, str]) -> dict[str, Any]:
    """One stage as Chalice's config.json has it.

    The output `RoleApiHandler` is the stage's role, which Chalice gives to the API's function; `RoleDeleteAccount` is
    the role of the function `delete_account`. `SubnetIdsApiHandler` and `SecurityGroupIdsApiHandler`, with commas
    between the ids, put a function into a VPC. All other outputs become environment variables.
    """
    settings = app.stage(stage).defaults
    roles = _of_functions(_ROLE, outputs)
    functions: dict[str, dict[str, Any]] = {name: dict(value) for name, value in _functions(settings).items()}
    for function, arn in roles.items():
        if function != API_FUNCTION:
            functions.setdefault(function, {}).update(iam_role_arn=arn, manage_iam_role=False)
    for prefix, setting in _NETWORK.items():
        for function, ids in _of_functions(prefix, outputs).items():
            functions.setdefault(function, {})[setting] = ids.split(",")
    variables = {_snake(name).upper(): value for name, value in outputs.items() if not _is_of_a_function(name)}
    return {
        "api_gateway_stage": PREVIEW_STAGE,
        # Chalice's default, EDGE, puts a distribution of AWS's own between the app's and the API: a detour, and one
        # more address in X-Forwarded-For. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-endpoint-types.html
        "api_gateway_endpoint_type": "REGIONAL",
        "autogen_policy": False,
        "manage_iam_role": False,
        **({"iam_role_arn": roles[API_FUNCTION]} if API_FUNCTION in roles else {}),
        **settings,
        "environment_variables": {**settings.get("environment_variables", {}), **dict(sorted(variables.items()))},
        "tags": {**settings.get("tags", {}), **app.tags(stage)},
        "lambda_functions": functions,
    }


def write_config(app: App, stage: str, outputs: dict[str, str]) -> dict[str, Any]:
    """Write one stage into the file and leave the others as they are; returns that stage."""
    config = chalice_stage(app, stage, outputs)
    write_stage(app, stage, config)
    return config


def write_stage(app: App, name: str, config: dict[str, Any]) -> None:
    """Put one stage into `.chalice/config.json`."""
    path = app.folder / ".chalice" / "config.json"
    try:
        stages = json.loads(path.read_text())["stages"]
    except (OSError, ValueError, KeyError):
        stages = {}
    document = {"version": "2.0", "app_name": app.name, "stages": {**stages, name: config}}
    text = json.dumps(document, indent=2) + "\n"
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _functions(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return settings.get("lambda_functions") or {}


def _of_functions(prefix: str, outputs: dict[str, str]) -> dict[str, str]:
    """The outputs whose names are a prefix and the name of a function, by the function."""
    return {_snake(name[len(prefix) :]): value for name, value in outputs.items() if _has_function(name, prefix)}


def _is_of_a_function(name: str) -> bool:
    return any(_has_function(name, prefix) for prefix in (_ROLE, *_NETWORK))


def _has_function(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and name[len(prefix) :][:1].isupper()


def _snake(name: str) -> str:
    """DeleteAccount -> delete_account, UserPoolURL -> user_pool_url."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
