"""`up`: the steps that bring one app's stage to what its folder says, in each of its regions. Each is idempotent."""

from collections.abc import Mapping

from deploy.apps import App
from deploy.inventory.rest_apis import rest_api_exists
from deploy.progress import Progress
from deploy.regions import passed_on, replica_region, replicas_record
from deploy.steps.api_stage import PublicStage
from deploy.steps.async_invocations import apply_async_invocations
from deploy.steps.chalice_config import write_config
from deploy.steps.chalice_deploy import deploy_functions, recorded_api
from deploy.steps.cloudformation import Stack
from deploy.steps.demo_users import create_users
from deploy.steps.event_sources import apply_event_sources
from deploy.steps.site import upload_site
from deploy.target import Target
from deploy.tasks import seed_once, state_parameters

Outputs = dict[str, str]


def bring_up(app: App, target: Target) -> bool:
    """Deploy one app; returns whether anything was changed.

    Raises
    ------
    DeployError
        A step failed; everything before it stays, and that region's public API stage was not moved.
    """
    progress = Progress(app.key)
    stack = Stack(app, target)
    known = _known(app, target, stack)
    outputs, api = _bring_up_region(stack, known, progress)
    if region := replica_region(app, target):
        replica = target.in_region(region)
        with replicas_record(app, target.stage, region):
            told = {**passed_on(outputs, replica), **known, "ReplicaRestApiId": ""}
            there, replica_api = _bring_up_region(Stack(app, replica), told, progress, f"{region}: ")
            create_users(app, replica, there, progress)
        write_config(app, target.stage, outputs)
        if replica_api != known["ReplicaRestApiId"]:
            with progress.step(f"5 {region} behind the distribution (CloudFormation)"):
                outputs = stack.apply(api, progress, {**known, "ReplicaRestApiId": replica_api})
    with progress.step("6 site and demo data"):
        upload_site(app, target, outputs, progress)
        create_users(app, target, outputs, progress)
        seed_once(app, target, outputs, progress)
    if not progress.changed:
        progress.note("everything was up to date; nothing was changed")
    return progress.changed


def _bring_up_region(
    stack: Stack, known: Mapping[str, str], progress: Progress, where: str = ""
) -> tuple[Outputs, str]:
    """Resources, functions and API of one region; returns its stack's outputs, and its API's id or ""."""
    app, target = stack.app, stack.target
    with progress.step(f"{where}1 resources (CloudFormation)"):
        outputs = stack.apply(_known_api(stack), progress, known)
    with progress.step(f"{where}2 settings (.chalice/config.json)"):
        config = write_config(app, target.stage, outputs)
    with progress.step(f"{where}3 functions and preview API (chalice deploy)"):
        deployed = deploy_functions(app, target, config, progress)
    api = recorded_api(app, target.stage) or ""
    with progress.step(f"{where}4 event sources and public API"):
        apply_event_sources(app, target, outputs, progress)
        apply_async_invocations(app, target, outputs, progress)
        if api:
            PublicStage(app, target, api, progress).publish(deployed)
    if api and api != stack.rest_api_id():
        with progress.step(f"{where}5 API behind the distribution (CloudFormation)"):
            outputs = stack.apply(api, progress, known)
    return outputs, api


def _known(app: App, target: Target, stack: Stack) -> dict[str, str]:
    """What the template may ask about the stage's regions, and about its data."""
    state = state_parameters(app, target, stack.outputs() or {})
    region = replica_region(app, target)
    if region is None:
        return state
    api = stack.parameter("ReplicaRestApiId")
    there = api if api and rest_api_exists(target.in_region(region), api) else ""
    return {"PrimaryRegion": target.region, "ReplicaRegion": region, "ReplicaRestApiId": there, **state}


def _known_api(stack: Stack) -> str:
    """The API that the stack already names, if there still is one."""
    api = stack.rest_api_id()
    return api if api and rest_api_exists(stack.target, api) else ""
