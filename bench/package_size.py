"""Size of todo_app's deployment package."""

import shutil
from importlib.metadata import version

from bench.result import Limit, Result
from bench.workspace import Workspace, chalice_package

_MB = 1_000_000


def measure(workspace: Workspace) -> list[Result]:
    """Compare with what Chalice packages of the same app, in a long run also with boto3 in it."""
    ours = workspace.todo_zip.stat().st_size / _MB
    name, plain = "zip of todo_app", "the same app packaged by Chalice itself"
    results = [Result(name, "MB", ours, _plain_size(workspace), plain, Limit(1.5))]
    if not workspace.short:
        with_boto3 = _plain_size(workspace, f"boto3=={version('boto3')}")
        results.append(Result(f"{name}, boto3 inside", "MB", ours, with_boto3, f"{plain}, with boto3 in it", None))
    return results


def _plain_size(workspace: Workspace, *more_requirements: str) -> float:
    copy = workspace.todo_app.with_name(f"packaged_by_chalice_{len(more_requirements)}")
    shutil.copytree(workspace.todo_app, copy, symlinks=True, ignore=shutil.ignore_patterns(".chalice"))
    with (copy / "requirements.txt").open("a") as requirements:
        requirements.writelines(f"\n{line}\n" for line in more_requirements)
    return chalice_package(copy).stat().st_size / _MB
