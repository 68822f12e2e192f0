"""`up`: the six steps that bring one app's stage to what its folder says. Each is idempotent."""

from deploy.api_stage import PublicStage
from deploy.apps import App
from deploy.async_invocations import apply_async_invocations
from deploy.chalice_config import write_config
from deploy.chalice_stage import deploy_functions, recorded_api
from deploy.cloudformation import Stack
from deploy.demo_users import create_users
from deploy.event_sources import apply_event_sources
from deploy.progress import Progress
from deploy.rest_api import rest_api_exists
from deploy.site import upload_site
from deploy.target import Target
from deploy.tasks import seed_once


def bring_up(app: App, target: Target) -> bool:
    """Deploy one app; returns whether anything was changed.

    Raises
    ------
    DeployError
        A step failed; everything before it stays, and the public API stage was not moved.
    """
    progress = Progress(app.key)
    stack = Stack(app, target)
    with progress.step("1 resources (CloudFormation)"):
        outputs = stack.apply(_known_api(stack), progress)
    with progress.step("2 settings (.chalice/config.json)"):
        config = write_config(app, target.stage, outputs)
    with progress.step("3 functions and preview API (chalice deploy)"):
        deployed = deploy_functions(app, target, config, progress)
    api = recorded_api(app, target.stage)
    with progress.step("4 event sources and public API"):
        apply_event_sources(app, target, outputs, progress)
        apply_async_invocations(app, target, outputs, progress)
        if api:
            PublicStage(app, target, api, progress).publish(deployed)
    if api and api != stack.rest_api_id():
        with progress.step("5 API behind the distribution (CloudFormation)"):
            outputs = stack.apply(api, progress)
    with progress.step("6 site and demo data"):
        upload_site(app, target, outputs, progress)
        create_users(app, target, outputs, progress)
        seed_once(app, target, outputs, progress)
    if not progress.changed:
        progress.note("everything was up to date; nothing was changed")
    return progress.changed


def _known_api(stack: Stack) -> str:
    """The API that the stack already names, if there still is one."""
    api = stack.rest_api_id()
    return api if api and rest_api_exists(stack.target, api) else ""
