"""Programs in the functions' own interpreter, with a package and an environment as on Lambda."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.workspace import Workspace
from deploy.apps import App
from deploy.steps.chalice_config import chalice_stage

PROGRAMS = Path(__file__).parent / "programs"
_REGION = "us-east-1"
_LAMBDA = {
    "AWS_REGION": _REGION,
    "AWS_DEFAULT_REGION": _REGION,
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "e" * 400,
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "LANG": "en_US.UTF-8",
}


class _Names(yaml.SafeLoader):
    """Reads a template for its names; what its functions (`!Ref`) give does not matter."""


_Names.add_multi_constructor("!", lambda loader, suffix, node: None)


def started(
    workspace: Workspace,
    program: str,
    package: Path,
    variables: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    **options: Any,
) -> "subprocess.Popen[bytes]":
    """Start one of `programs` on a package, with `variables` beside those that both apps need.

    As in the embedded AWS no bytecode is written beside the code (`-B`): Lambda's task folder is read-only. The
    runtime's own boto3 has its bytecode, for both sides.
    """
    code = workspace.unpacked(package)
    command = [str(workspace.function_python), "-P", "-B", "-X", "utf8", str(PROGRAMS / program), *arguments]
    places = {"LAMBDA_TASK_ROOT": str(code), "HOME": str(workspace.folder)}
    environment = {**_LAMBDA, **app_variables(workspace.todo_app), **places, **(variables or {})}
    return subprocess.Popen(command, cwd=code, env=environment, stdout=subprocess.PIPE, **options)


def app_variables(folder: Path) -> dict[str, str]:
    """Give an app the variables that a deployment gives it, each with a value that leads nowhere.

    Outputs under a condition are those of resources that are off by default.
    """
    declared = template(folder)["Outputs"]
    outputs = {name: f"https://example.com/{name}" for name, output in declared.items() if "Condition" not in output}
    variables: dict[str, str] = chalice_stage(App(folder), "local", outputs)["environment_variables"]
    return variables


def template(folder: Path) -> dict[str, Any]:
    """Read an app's template; None is in the place of what its functions give, such as `!Ref`."""
    # S506: a SafeLoader.
    content: dict[str, Any] = yaml.load((folder / "resources.yaml").read_text(), Loader=_Names)  # noqa: S506
    return content
