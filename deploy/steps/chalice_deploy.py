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
from deploy.steps.package import build_package
from deploy.target import Target


def deploy_functions(app: App, target: Target, config: dict[str, Any], progress: Progress) -> str:
    """Deploy functions, event sources and the API's stage `preview`; returns a digest of the package and `config`.

    Nothing is deployed if the package and `config` are those of the last deployment, and every function and the
    preview stage still are as that deployment left them.
    """
    repair_record(app, target, progress)
    package = build_package(app, target.stage)
    if package.built:
        progress.note(f"package of {package.size_bytes / 1_000_000:.2f} MB built")
    digest = hashlib.sha256(f"{package.code_sha256} {json.dumps(config, sort_keys=True)}".encode()).hexdigest()
    summary_file = summary_path(app, target.stage)
    if _last_summary(summary_file) == _summary(app, target, digest):
        progress.note("no change")
    else:
        _check_roles(app, config)
        run_chalice(app, target, "deploy", progress)
        if api := recorded_api(app, target.stage):
            progress.note(f"preview at {invoke_url(target, api, PREVIEW_STAGE)}")
        summary_file.write_text(json.dumps(_summary(app, target, digest)))
    return digest


def _last_summary(path: Path) -> object:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _summary(app: App, target: Target, digest: str) -> dict[str, Any]:
    """What is deployed now, and the digest of what it was deployed from."""
    api = recorded_api(app, target.stage)
    preview = stages_of(target, api).get(PREVIEW_STAGE, {}).get("deploymentId") if api else None
    functions = functions_digest(deployed_functions(app, target))
    return {"digest": digest, "functions": functions, "api": api, "preview": preview}


def _check_roles(app: App, config: dict[str, Any]) -> None:
    if "iam_role_arn" not in config:
        raise DeployError(f"resources.yaml of {app.key} has no output RoleApiHandler: every function needs a role")
