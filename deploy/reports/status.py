"""`status`: what is deployed of each app."""

from collections.abc import Iterator
from datetime import datetime

from deploy.apps import App
from deploy.inventory.functions import deployed_functions
from deploy.inventory.rest_apis import rest_api_exists, stages_of
from deploy.inventory.stacks import Stack
from deploy.progress import Progress, out, print_rows
from deploy.steps.api_stage import PUBLIC_STAGE, PublicStage
from deploy.steps.chalice_config import PREVIEW_STAGE
from deploy.target import Target


def print_status(apps: list[App], target: Target) -> None:
    """Print each app's stack, functions and API deployments."""
    for app in apps:
        stack = Stack(app, target).description()
        out.print(f"{app.key}, stage {target.stage}: {stack['StackStatus'] if stack else 'not deployed'}", style="bold")
        rows = []
        for name, function in sorted(deployed_functions(app, target).items()):
            size = f"{function['CodeSize'] / 1_000_000:.2f} MB"
            rows.append(("function", name, f"{function['MemorySize']} MB, {function['Timeout']} s, zip {size}"))
        api = Stack(app, target).rest_api_id()
        if api and rest_api_exists(target, api):
            rows += _deployments(app, target, api)
        print_rows(rows)


def _deployments(app: App, target: Target, api: str) -> Iterator[tuple[str, str, str]]:
    stages = stages_of(target, api)
    for item in PublicStage(app, target, api, Progress(app.key)).prepared():
        public = "  <- public" if stages.get(PUBLIC_STAGE, {}).get("deploymentId") == item["id"] else ""
        created: datetime = item["createdDate"]
        function = item["description"].rpartition(" ")[2]
        yield "deployment", item["id"], f"{created:%Y-%m-%d %H:%M:%S} function {function}{public}"
    if PREVIEW_STAGE in stages:
        yield "preview", stages[PREVIEW_STAGE]["deploymentId"], ""
