"""Load an app's API without a stage: app.py under an environment with a made-up value for every variable."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from common.http.api import Api
from deploy.apps import App
from deploy.errors import DeployError
from deploy.steps.chalice_config import chalice_stage
from deploy.steps.template import output_names

STAGE = "local"
_REGION = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}


def contract_of(app: App) -> str:
    """Generate an app's contract in a child process: every app's module is named `app` and reads its environment.

    Raises
    ------
    DeployError
        The app cannot be loaded or described; the text has the reason.
    """
    done = subprocess.run(
        [sys.executable, "-m", "contract.generate", str(app.folder)],
        cwd=Path(__file__).parent.parent,
        # Bytecode beside an app's sources would change the name of its deployment package.
        env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1", **complete_environment(app)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DeployError(f"{app.key}: no contract: {reason}")
    return done.stdout


def complete_environment(app: App) -> dict[str, str]:
    """Every environment variable of the stage's functions."""
    outputs = output_names(app)
    values = {name: f"https://contract.invalid/{name}" for name in outputs}
    return {**chalice_stage(app, STAGE, values)["environment_variables"], **_REGION}


def load_api(folder: Path) -> Api:
    """Load app.py as Lambda would, and return its `api`."""
    sys.path[:0] = [str(folder), str(folder / "vendor")]
    spec = importlib.util.spec_from_file_location("app", folder / "app.py")
    if spec is None or spec.loader is None:
        raise DeployError(f"{folder}/app.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    api = module.api
    if not isinstance(api, Api):
        raise DeployError(f"{folder}/app.py has no `api`")
    return api
