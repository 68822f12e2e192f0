"""`down`: remove everything of one app's stage, and nothing else."""

from typing import Any

from botocore.exceptions import ClientError

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.functions import deployed_functions
from deploy.progress import Progress
from deploy.regions import replica_region, replicas_record
from deploy.steps.chalice_cli import run_chalice
from deploy.steps.chalice_config import write_config
from deploy.steps.chalice_record import mend_record, record_path, recorded
from deploy.steps.cloudformation import Stack
from deploy.target import Target
from deploy.tasks import forget_seed


def require_unprotected(apps: list[App], stage: str) -> None:
    """Raise DeployError when stages.yaml protects the stage of one of the apps."""
    for app in apps:
        if app.stage(stage).protected:
            raise DeployError(f"stage {stage} of {app.key} is protected: its stages.yaml says so")


def bring_down(app: App, target: Target) -> None:
    """Remove the functions, their API, their logs, the buckets' content and the stack; a replica's before."""
    progress = Progress(app.key)
    if region := replica_region(app, target):
        with replicas_record(app, target.stage, region):
            _bring_down_region(app, target.in_region(region), progress, f"{region}: ")
    _bring_down_region(app, target, progress)
    forget_seed(app, target)


def _bring_down_region(app: App, target: Target, progress: Progress, where: str = "") -> None:
    stack = Stack(app, target)
    outputs = stack.outputs() or {}
    groups = [function["FunctionName"] for function in deployed_functions(app, target).values()]
    with progress.step(f"{where}functions and API (chalice delete)"):
        mend_record(app, target, progress)
        if recorded(app, target.stage):
            write_config(app, target.stage, outputs)
            run_chalice(app, target, "delete", progress)
        for left in (record_path(app, target.stage), record_path(app, target.stage).with_suffix(".quartet")):
            left.unlink(missing_ok=True)
    with progress.step(f"{where}buckets emptied"):
        for bucket in _buckets(stack, target):
            _empty(target.client("s3"), bucket, progress)
    with progress.step(f"{where}resources (CloudFormation)"):
        stack.delete()
    with progress.step(f"{where}logs"):
        _delete_logs(target, groups, progress)


def _buckets(stack: Stack, target: Target) -> list[str]:
    if stack.description() is None:
        return []
    pages = target.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
    return [
        item["PhysicalResourceId"]
        for page in pages
        for item in page["StackResourceSummaries"]
        if item["ResourceType"] == "AWS::S3::Bucket" and item["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def _empty(client: Any, bucket: str, progress: Progress) -> None:
    """Delete every version of every object, a thousand at a time."""
    count = 0
    try:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            if keys:
                client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            count += len(keys)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
    if count:
        progress.change(f"{bucket}: {count} objects deleted")


def _delete_logs(target: Target, functions: list[str], progress: Progress) -> None:
    client = target.client("logs")
    for function in functions:
        try:
            client.delete_log_group(logGroupName=f"/aws/lambda/{function}")
            progress.change(f"log group of {function} deleted")
        except client.exceptions.ResourceNotFoundException:
            continue
