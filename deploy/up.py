"""`up`: six steps bring one app's stage to what its folder says. Each is idempotent.

1. Resources: CloudFormation creates or updates the stack of resources.yaml.
2. Settings: the stack's outputs and stages.yaml become .chalice/config.json.
3. Functions: `chalice deploy` creates the functions, their event source mappings, and the API with its stage `preview`.
4. Event sources and API: settings that Chalice cannot express; the public stage `api` moves last.
5. Distribution: step 1 again, if the stack does not know the API yet.
6. Site and demo data: the web client's files; the app's task `after_deployment`; in stage local demo users and demo
   data.

A stage with two regions goes through steps 1 to 5 in each of them (`deploy.regions`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from deploy.apps import App
from deploy.confirmation import Confirmation
from deploy.inventory.rest_apis import rest_api_exists
from deploy.inventory.stacks import Stack
from deploy.progress import Progress
from deploy.regions import replica_parameters, replica_record, replica_region
from deploy.steps.api_stage import PublicStage
from deploy.steps.async_invocations import apply_async_invocations
from deploy.steps.chalice_config import write_config
from deploy.steps.chalice_deploy import deploy_functions
from deploy.steps.chalice_record import recorded_api
from deploy.steps.cloudformation import apply_template
from deploy.steps.demo_users import create_users
from deploy.steps.event_sources import apply_event_sources
from deploy.steps.site import upload_site
from deploy.target import Target
from deploy.tasks import after_deployment, seed_once, stack_parameters

Outputs = dict[str, str]


def bring_up(
    app: App,
    target: Target,
    details: TextIO | None = None,
    confirmation: Confirmation | None = None,
    *,
    code_alone: bool = False,
) -> int:
    """Deploy one app; returns the number of changes. With a file for the details, little is printed.

    `confirmation` asks when the changes of the stack are known. With `code_alone`, nothing is printed, and step 3 only
    updates the functions' code if nothing else has changed that Chalice would deploy.

    Raises
    ------
    DeployError
        A step failed. What was deployed before it stays, and that region's public API stage was not moved.
    """
    progress = Progress(app.key, details, silent=code_alone)
    stack = Stack(app, target)
    parameters = _parameters(stack)
    confirmation = confirmation or Confirmation()
    outputs, api = _Region(stack, parameters, progress, confirmation, code_alone=code_alone).bring_up()
    if region := replica_region(app, target):
        replica_api = _bring_up_replica(
            Stack(app, target.in_region(region)), parameters, outputs, progress, confirmation, code_alone=code_alone
        )
        write_config(app, target.stage, outputs)
        if replica_api != parameters["ReplicaRestApiId"]:
            with progress.step(f"5 {region} behind the distribution (CloudFormation)"):
                values = {**parameters, "ReplicaRestApiId": replica_api}
                outputs = apply_template(stack, api, progress, values, confirmation)
    _site_and_demo_data(app, target, outputs, progress)
    if not progress.changed:
        progress.note("everything was up to date; nothing was changed")
    return progress.changes


def _bring_up_replica(
    stack: Stack,
    parameters: Mapping[str, str],
    primary_outputs: Outputs,
    progress: Progress,
    confirmation: Confirmation,
    *,
    code_alone: bool,
) -> str:
    """Deploy the second region; returns the id of its API, or ""."""
    app, replica = stack.app, stack.target
    with replica_record(app, replica.stage, replica.region):
        replica_values = {**replica_parameters(primary_outputs, replica), **parameters, "ReplicaRestApiId": ""}
        label = f"{replica.region}: "
        region = _Region(stack, replica_values, progress, confirmation, label, code_alone=code_alone)
        outputs, api = region.bring_up()
        create_users(app, replica, outputs, progress)
    return api


@dataclass(frozen=True)
class _Region:
    """Steps 1 to 5 in one region."""

    stack: Stack
    parameters: Mapping[str, str]
    progress: Progress
    confirmation: Confirmation
    label: str = ""
    code_alone: bool = False

    def bring_up(self) -> tuple[Outputs, str]:
        """Returns the outputs of the region's stack, and the id of its API or ""."""
        outputs = self._resources()
        config = self._settings(outputs)
        digest = self._functions(config)
        api = recorded_api(self.stack.app, self.stack.target.stage) or ""
        self._event_sources_and_api(outputs, api, digest)
        if api and api != self.stack.rest_api_id():
            outputs = self._distribution(api)
        return outputs, api

    def _resources(self) -> Outputs:
        api = self.stack.rest_api_id()
        existing_api = api if api and rest_api_exists(self.stack.target, api) else ""
        with self.progress.step(f"{self.label}1 resources (CloudFormation)"):
            return apply_template(self.stack, existing_api, self.progress, self.parameters, self.confirmation)

    def _settings(self, outputs: Outputs) -> dict[str, Any]:
        with self.progress.step(f"{self.label}2 settings (.chalice/config.json)"):
            return write_config(self.stack.app, self.stack.target.stage, outputs)

    def _functions(self, config: dict[str, Any]) -> str:
        with self.progress.step(f"{self.label}3 functions, event sources and preview API (chalice deploy)"):
            app, target = self.stack.app, self.stack.target
            return deploy_functions(app, target, config, self.progress, code_alone=self.code_alone)

    def _event_sources_and_api(self, outputs: Outputs, api: str, digest: str) -> None:
        app, target = self.stack.app, self.stack.target
        with self.progress.step(f"{self.label}4 settings of event sources, and public API"):
            apply_event_sources(app, target, outputs, self.progress)
            apply_async_invocations(app, target, outputs, self.progress)
            if api:
                PublicStage(app, target, api, self.progress).publish(digest)

    def _distribution(self, api: str) -> Outputs:
        with self.progress.step(f"{self.label}5 API behind the distribution (CloudFormation)"):
            return apply_template(self.stack, api, self.progress, self.parameters, self.confirmation)


def _site_and_demo_data(app: App, target: Target, outputs: Outputs, progress: Progress) -> None:
    with progress.step("6 site and demo data"):
        upload_site(app, target, outputs, progress)
        create_users(app, target, outputs, progress)
        after_deployment(app, target, outputs, progress)
        seed_once(app, target, outputs, progress)


def _parameters(stack: Stack) -> dict[str, str]:
    """What the primary's template may ask about the stage's regions, and about its data."""
    app, target = stack.app, stack.target
    from_data = stack_parameters(app, target, stack.outputs() or {})
    region = replica_region(app, target)
    if region is None:
        return from_data
    api = stack.parameter("ReplicaRestApiId")
    existing_api = api if api and rest_api_exists(target.in_region(region), api) else ""
    return {"PrimaryRegion": target.region, "ReplicaRegion": region, "ReplicaRestApiId": existing_api, **from_data}
