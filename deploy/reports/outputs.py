"""`outputs`: one JSON document about a stage, for scripts."""

from typing import Any

import msgspec

from deploy.apps import App
from deploy.errors import StageNotUp
from deploy.inventory.rest_apis import invoke_url
from deploy.inventory.stacks import Stack
from deploy.steps.chalice_config import PREVIEW_STAGE
from deploy.steps.site import built_site
from deploy.target import Target


def outputs_document(apps: list[App], target: Target) -> dict[str, Any]:
    """Everything a script needs to reach the stage's apps.

    Raises
    ------
    StageNotUp
        None of the apps is deployed in the stage.
    """
    apps_by_key = {app.key: facts for app in apps if (facts := _app_facts(app, target))}
    if not apps_by_key:
        raise StageNotUp(f"stage {target.stage} is not up: run `make deploy STAGE={target.stage}`")
    run = target.run
    return {
        "stage": target.stage,
        "region": target.region,
        "endpoint_url": run.endpoint_url if run else None,
        "mailbox_url": run.mailbox_url if run else None,
        "ca_file": run.ca_file if run else None,
        "servers": run.servers if run else {},
        "apps": apps_by_key,
        "users": [
            {"app": app.key, **msgspec.to_builtins(user)} for app in apps for user in app.stage(target.stage).users
        ],
    }


def addresses(app: App, target: Target) -> list[str]:
    """The public addresses of a deployed app: its site and its API."""
    facts = _app_facts(app, target) or {}
    return [url for url in (facts.get("site_url"), facts.get("api_url")) if url]


def _app_facts(app: App, target: Target) -> dict[str, Any] | None:
    outputs = Stack(app, target).outputs()
    if outputs is None:
        return None
    api = Stack(app, target).rest_api_id()
    public_url = outputs.get("PublicUrl", "").rstrip("/")
    return {
        "api_url": f"{public_url}/api" if api else None,
        "preview_url": invoke_url(target, api, PREVIEW_STAGE) if api else None,
        "site_url": f"{public_url}/" if (built_site(app) or app.renders_site) and "SiteBucketName" in outputs else None,
        "outputs": outputs,
    }
