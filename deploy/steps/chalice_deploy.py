"""Step 3: `chalice deploy`, unless what is deployed is what it would deploy."""

import hashlib
import json
from typing import Any

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.functions import deployed_functions, functions_digest
from deploy.inventory.rest_apis import invoke_url, stages_of
from deploy.progress import Progress
from deploy.steps.chalice_cli import run_chalice
from deploy.steps.chalice_config import PREVIEW_STAGE
from deploy.steps.chalice_record import mend_record, record_path, recorded
from deploy.steps.package import build_package
from deploy.target import Target


def deploy_functions(app: App, target: Target, config: dict[str, Any], progress: Progress) -> str:
    """Deploy functions, their triggers and the API's preview stage; returns a digest of what is deployed.

    It is skipped only when the sources and settings are those of the last deployment and every function, and the
    preview stage, still are as that deployment left them.
    """
    mend_record(app, target, progress)
    package = build_package(app)
    if package.built:
        progress.note(f"package of {package.size_bytes / 1_000_000:.2f} MB built")
    wanted = hashlib.sha256(f"{package.code_sha256} {json.dumps(config, sort_keys=True)}".encode()).hexdigest()
    note = record_path(app, target.stage).with_suffix(".quartet")
    if _last(note) == _fact(app, target, wanted):
        progress.note("no change")
    else:
        _check_roles(app, config)
        run_chalice(app, target, "deploy", progress)
        if api := recorded_api(app, target.stage):
            progress.note(f"preview at {invoke_url(target, api, PREVIEW_STAGE)}")
        note.write_text(json.dumps(_fact(app, target, wanted)))
    return wanted


def recorded_api(app: App, stage: str) -> str | None:
    """The REST API that Chalice's record names."""
    return next((item["rest_api_id"] for item in recorded(app, stage) if "rest_api_id" in item), None)


def _last(note: Any) -> object:
    try:
        return json.loads(note.read_text())
    except (OSError, ValueError):
        return None


def _fact(app: App, target: Target, wanted: str) -> dict[str, Any]:
    api = recorded_api(app, target.stage)
    preview = stages_of(target, api).get(PREVIEW_STAGE, {}).get("deploymentId") if api else None
    functions = functions_digest(deployed_functions(app, target))
    return {"wanted": wanted, "functions": functions, "api": api, "preview": preview}


def _check_roles(app: App, config: dict[str, Any]) -> None:
    if "iam_role_arn" not in config:
        raise DeployError(f"resources.yaml of {app.key} has no output RoleApiHandler: every function needs a role")
