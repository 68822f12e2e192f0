"""`down`: remove everything of one app's stage, and nothing else."""

from deploy.apps import App
from deploy.buckets import empty_bucket
from deploy.errors import DeployError
from deploy.inventory.functions import deployed_functions
from deploy.inventory.stacks import Stack
from deploy.progress import Progress, counted
from deploy.regions import replica_record, replica_region
from deploy.steps.chalice_cli import run_chalice
from deploy.steps.chalice_config import write_config
from deploy.steps.chalice_record import record_path, recorded_resources, repair_record, summary_path
from deploy.steps.cloudformation import delete_stack
from deploy.target import Target
from deploy.tasks import before_removal, forget_seed


def require_unprotected(apps: list[App], stage: str) -> None:
    """Raise DeployError when stages.yaml protects the stage of one of the apps."""
    for app in apps:
        if app.stage(stage).protected:
            raise DeployError(f"stage {stage} of {app.key} is protected: its stages.yaml says so")


def bring_down(app: App, target: Target) -> None:
    """Remove the functions, their API, their logs, the buckets' objects and the stack; in the replica region first."""
    progress = Progress(app.key)
    if region := replica_region(app, target):
        with replica_record(app, target.stage, region):
            _bring_down_region(app, target.in_region(region), progress, f"{region}: ")
    _bring_down_region(app, target, progress)
    forget_seed(app, target)


def _bring_down_region(app: App, target: Target, progress: Progress, label: str = "") -> None:
    stack = Stack(app, target)
    outputs = stack.outputs() or {}
    functions = [function["FunctionName"] for function in deployed_functions(app, target).values()]
    with progress.step(f"{label}functions and API (chalice delete)"):
        repair_record(app, target, progress)
        if recorded_resources(app, target.stage):
            write_config(app, target.stage, outputs)
            run_chalice(app, target, "delete", progress)
        for path in (record_path(app, target.stage), summary_path(app, target.stage)):
            path.unlink(missing_ok=True)
    before_removal(app, target, outputs, progress)
    with progress.step(f"{label}objects in buckets"):
        for bucket in _buckets(stack):
            if count := empty_bucket(target.client("s3"), bucket):
                progress.change(f"{bucket}: {counted(count, 'object')} deleted")
    with progress.step(f"{label}resources (CloudFormation)"):
        delete_stack(stack)
    with progress.step(f"{label}logs"):
        _delete_logs(target, functions, progress)


def _buckets(stack: Stack) -> list[str]:
    if stack.description() is None:
        return []
    pages = stack.client.get_paginator("list_stack_resources").paginate(StackName=stack.name)
    return [
        item["PhysicalResourceId"]
        for page in pages
        for item in page["StackResourceSummaries"]
        if item["ResourceType"] == "AWS::S3::Bucket" and item["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def _delete_logs(target: Target, functions: list[str], progress: Progress) -> None:
    client = target.client("logs")
    for function in functions:
        try:
            client.delete_log_group(logGroupName=f"/aws/lambda/{function}")
            progress.change(f"log group of {function} deleted")
        except client.exceptions.ResourceNotFoundException:
            continue
