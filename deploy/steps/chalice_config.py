"""Step 2: the stack's outputs and stages.yaml -> `.chalice/config.json` of one stage."""

import json
import re
from typing import Any

from deploy.apps import App

API_FUNCTION = "api_handler"
PREVIEW_STAGE = "preview"
_ROLE = "Role"


def chalice_stage(app: App, stage: str, outputs: dict[str, str]) -> dict[str, Any]:
    """What Chalice's config.json says of one stage.

    The output `RoleApiHandler` is the stage's own role, which Chalice gives the API's function;
    `RoleDeleteAccount` is that of `delete_account`. All other outputs are environment variables.
    """
    settings = app.stage(stage).defaults
    roles = {_snake(name[len(_ROLE) :]): arn for name, arn in outputs.items() if _is_role(name)}
    functions: dict[str, dict[str, Any]] = {name: dict(value) for name, value in _functions(settings).items()}
    for function, arn in roles.items():
        if function != API_FUNCTION:
            functions.setdefault(function, {}).update(iam_role_arn=arn, manage_iam_role=False)
    variables = {_snake(name).upper(): value for name, value in outputs.items() if not _is_role(name)}
    return {
        "api_gateway_stage": PREVIEW_STAGE,
        # Chalice's default puts a distribution of AWS's own in front, behind the app's: a detour, and one more address
        # in X-Forwarded-For. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-endpoint-types.html
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
    """Write one stage's part of the file, leaving other stages' parts; returns that part."""
    part = chalice_stage(app, stage, outputs)
    write_stage(app, stage, part)
    return part


def write_stage(app: App, name: str, part: dict[str, Any]) -> None:
    """Put one stage into `.chalice/config.json`."""
    path = app.folder / ".chalice" / "config.json"
    try:
        stages = json.loads(path.read_text())["stages"]
    except (OSError, ValueError, KeyError):
        stages = {}
    document = {"version": "2.0", "app_name": app.name, "stages": {**stages, name: part}}
    text = json.dumps(document, indent=2) + "\n"
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _functions(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return settings.get("lambda_functions") or {}


def _is_role(name: str) -> bool:
    return name.startswith(_ROLE) and name != _ROLE and name[len(_ROLE)].isupper()


def _snake(name: str) -> str:
    """DeleteAccount -> delete_account, UserPoolURL -> user_pool_url."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
