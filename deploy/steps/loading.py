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


class Loading:
    """A process that loads an app, beside what else is done before the result is needed.

    With `every_module` it loads the modules too that functions import only when they run.
    """

    def __init__(self, app: App, target: Target, *, every_module: bool = False) -> None:
        self._app = app
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_LOAD_APP), target.stage, *(["--all"] if every_module else [])],
            cwd=app.folder,
            env=chalice_environment(target, app),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def declarations(self) -> str:
        """A digest of all that Chalice would deploy for the app in this stage, without the code itself.

        It is that of the functions' settings, event sources and API, from app.py and `.chalice/config.json`.

        Raises
        ------
        LoadFailed
            A module of the app has an error, or the app declares what Chalice refuses.
        """
        try:
            output, errors = self._process.communicate(timeout=_LOAD_SECONDS)
            answer = json.loads(output)
        except subprocess.TimeoutExpired:
            raise LoadFailed(f"{self._app.key}/app.py: it is not loaded after {_LOAD_SECONDS} s") from None
        except ValueError:
            end = "\n".join(errors.splitlines()[-3:])
            raise LoadFailed(f"{self._app.key}/app.py: it cannot be loaded:\n{end}") from None
        if "failure" in answer:
            raise LoadFailed(answer["failure"])
        return str(answer["declarations"])

    def end(self) -> None:
        """End the process if it still runs."""
        self._process.kill()
        self._process.communicate()


def declarations(app: App, target: Target, *, every_module: bool = False) -> str:
    """Load an app and return `Loading.declarations`."""
    loading = Loading(app, target, every_module=every_module)
    try:
        return loading.declarations()
    finally:
        loading.end()
