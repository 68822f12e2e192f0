"""Step 3: `chalice deploy`, unless what is deployed is what it would deploy.

Chalice creates the functions, their event source mappings, rules and notifications, and the REST API with its stage
`preview`. What app.py declares by decorators is all that it deploys.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.functions import deployed_functions, functions_digest
from deploy.inventory.rest_apis import invoke_url, stages_of
from deploy.progress import Progress
from deploy.steps.chalice_cli import run_chalice
from deploy.steps.chalice_config import PREVIEW_STAGE
from deploy.steps.chalice_record import recorded_api, repair_record, summary_path
from deploy.steps.code_update import update_code
from deploy.steps.loading import Loading, declarations
from deploy.steps.package import build_package
from deploy.target import Target


def deploy_functions(
    app: App, target: Target, config: dict[str, Any], progress: Progress, *, code_alone: bool = False
) -> str:
    """Deploy functions, event sources and the API's stage `preview`; returns a digest of the package and `config`.

    Nothing is deployed if the package and `config` are those of the last deployment, and every function and the
    preview stage still are as that deployment left them. With `code_alone`, only the functions' code is updated if
    nothing else has changed that Chalice would deploy.

    Raises
    ------
    DeployError
        The app cannot be packaged or loaded, or Chalice failed.
    """
    # An app that was saved is nearly always loaded: beside the package, which takes another CPU.
    loading = Loading(app, target, every_module=True) if code_alone else None
    try:
        return _deploy_functions(app, target, config, progress, loading)
    finally:
        if loading:
            loading.end()


def _deploy_functions(
    app: App, target: Target, config: dict[str, Any], progress: Progress, loading: Loading | None
) -> str:
    repair_record(app, target, progress)
    package = build_package(app, target.stage)
    if package.built:
        progress.note(f"package of {package.size_bytes / 1_000_000:.2f} MB built")
    digest = hashlib.sha256(f"{package.code_sha256} {json.dumps(config, sort_keys=True)}".encode()).hexdigest()
    last, deployed = _last_summary(summary_path(app, target.stage)), _deployed(app, target)
    if last.get("digest") == digest and last.items() >= deployed.items():
        progress.note("no change")
        return digest
    _check_roles(app, config)
    declared = loading.declarations() if loading else declarations(app, target)
    if loading and last.items() >= {**deployed, "declarations": declared}.items():
        update_code(app, target, package, progress)
    else:
        run_chalice(app, target, "deploy", progress)
        if api := recorded_api(app, target.stage):
            progress.note(f"preview at {invoke_url(target, api, PREVIEW_STAGE)}")
    summary = {"digest": digest, "declarations": declared, **_deployed(app, target)}
    summary_path(app, target.stage).write_text(json.dumps(summary))
    return digest


def _last_summary(path: Path) -> dict[str, Any]:
    """The digests of what was deployed last, and what `_deployed` returned then; empty if nothing was."""
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def _deployed(app: App, target: Target) -> dict[str, Any]:
    """What is deployed now."""
    api = recorded_api(app, target.stage)
    preview = stages_of(target, api).get(PREVIEW_STAGE, {}).get("deploymentId") if api else None
    functions = functions_digest(deployed_functions(app, target))
    return {"functions": functions, "api": api, "preview": preview}


def _check_roles(app: App, config: dict[str, Any]) -> None:
    if "iam_role_arn" not in config:
        raise DeployError(f"resources.yaml of {app.key} has no output RoleApiHandler: every function needs a role")
