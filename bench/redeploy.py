"""Time of a `chalice deploy` that changes nothing: the same app, the same Chalice, on both servers.

The app has as many functions as todo_app and no API, since the unextended MiniStack cannot import one; what it waits
for there is the functions, which stay Pending longer than boto3's first look.
"""

import json
import shutil
import subprocess
import time
from pathlib import Path

from bench.result import Ratio, Result, compared
from bench.sampling import alternate
from bench.servers import Running, embedded_aws, plain_ministack
from bench.workspace import ROOT, Workspace
from deploy.steps.chalice_cli import chalice_executable

_SOURCE = ROOT / "bench" / "plain_functions"
_CONFIG = {"version": "2.0", "app_name": "bench", "stages": {"dev": {}}}


def measure(workspace: Workspace) -> list[Result]:
    """Deploy to both servers, then again and again in turns. A wall clock, as waiting is what it is about."""
    with embedded_aws(workspace) as ours, plain_ministack(workspace) as plain:
        deployments = [Deployment(server, _copy(workspace, server)) for server in (ours, plain)]
        # The first round makes the functions and does not count.
        samples = alternate(deployments[0].seconds, deployments[1].seconds, 1 if workspace.short else 3)
    reference = "the same `chalice deploy` of two functions on the unextended MiniStack"
    return [compared("deploy with no change", "s", samples, reference, Ratio(0.1))]


class Deployment:
    """One copy of the app, which is deployed to one server."""

    def __init__(self, server: Running, folder: Path) -> None:
        self._server = server
        self._folder = folder

    def seconds(self) -> float:
        """How long a `chalice deploy` takes."""
        started = time.perf_counter()
        command = [chalice_executable(), "deploy", "--stage", "dev"]
        environment = self._server.environment
        done = subprocess.run(command, cwd=self._folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"chalice deploy failed:\n{done.stdout}{done.stderr}")
        return time.perf_counter() - started


def _copy(workspace: Workspace, server: Running) -> Path:
    folder = Path(shutil.copytree(_SOURCE, workspace.folder / f"functions-{server.port}"))
    (folder / ".chalice").mkdir()
    (folder / ".chalice" / "config.json").write_text(json.dumps(_CONFIG))
    return folder
