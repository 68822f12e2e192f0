"""Size of the apps' deployment packages."""

import shutil
from importlib.metadata import version
from pathlib import Path

from bench.result import Limit, Result
from bench.workspace import Workspace, chalice_package

_MB = 1_000_000
_PLAIN = "the same app packaged by Chalice itself"


def measure(workspace: Workspace) -> list[Result]:
    """Compare with what Chalice packages of the same app, in a long run also with boto3 in it."""
    packages = (workspace.todo_zip, workspace.blog_zip, workspace.video_zip, workspace.pipeline_zip)
    todo, blog, video, pipeline = (package.stat().st_size / _MB for package in packages)
    results = [
        Result("zip of todo_app", "MB", todo, _plain_size(workspace.todo_app), _PLAIN, Limit(1.5)),
        Result("zip of blog_app", "MB", blog, _plain_size(workspace.blog_app), _PLAIN, Limit(11)),
        Result("zip of video_app", "MB", video, _plain_size(workspace.video_app), _PLAIN, Limit(6)),
        Result("zip of pipeline_app", "MB", pipeline, _plain_size(workspace.pipeline_app), _PLAIN, Limit(1.5)),
    ]
    with_dax = workspace.todo_dax_zip.stat().st_size / _MB
    results.append(Result("zip of todo_app with the DAX client", "MB", with_dax, todo, "the same without", Limit(1.7)))
    if not workspace.short:
        with_boto3 = _plain_size(workspace.todo_app, f"boto3=={version('boto3')}")
        reference = f"{_PLAIN}, with boto3 in it"
        results.append(Result("zip of todo_app, boto3 inside", "MB", todo, with_boto3, reference, None))
    return results


def _plain_size(app: Path, *more_requirements: str) -> float:
    copy = app.with_name(f"{app.name}_packaged_by_chalice_{len(more_requirements)}")
    shutil.copytree(app, copy, symlinks=True, ignore=shutil.ignore_patterns(".chalice"))
    with (copy / "requirements.txt").open("a") as requirements:
        requirements.writelines(f"\n{line}\n" for line in more_requirements)
    return chalice_package(copy).stat().st_size / _MB
