"""Step 3, before anything is deployed: whether the app can be loaded, and what it declares."""

import json
import subprocess
import sys
from pathlib import Path

from deploy.apps import App
from deploy.errors import DeployError
from deploy.steps.chalice_cli import chalice_environment
from deploy.target import Target

# Run and not imported: the app is loaded in a process of its own, in which the deploy tool is not on the path.
_LOAD_APP = Path(__file__).with_name("load_app.py")
# Lambda gives a function 10 s to load: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
_LOAD_SECONDS = 60


class LoadFailed(DeployError):
    """The app cannot be loaded; the text begins with the file and line."""


def declarations(app: App, target: Target, *, every_module: bool = False) -> str:
    """A digest of all that Chalice would deploy for the app in this stage, without the code itself.

    It is that of the functions' settings, event sources and API, from app.py and `.chalice/config.json`. With
    `every_module` the modules are loaded too that functions import only when they run.

    Raises
    ------
    LoadFailed
        A module of the app has an error, or the app declares what Chalice refuses.
    """
    command = [sys.executable, "-P", str(_LOAD_APP), target.stage, *(["--all"] if every_module else [])]
    environment = chalice_environment(target, app)
    try:
        done = subprocess.run(
            command,
            cwd=app.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LOAD_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"{app.key}/app.py: it is not loaded after {_LOAD_SECONDS} s") from None
    except ValueError:
        end = "\n".join(done.stderr.splitlines()[-3:])
        raise LoadFailed(f"{app.key}/app.py: it cannot be loaded:\n{end}") from None
    if "failure" in answer:
        raise LoadFailed(answer["failure"])
    return str(answer["declarations"])
