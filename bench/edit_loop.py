"""From a saved Python file to its effect: `make run` at the deployed address, beside `chalice deploy` at its own.

Both deploy todo_app to an embedded AWS of their own. Ours is seen through the distribution and the public stage, which
`chalice deploy` does not change; what it deployed is seen at the stage `preview`.
"""

import itertools
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.app_stage import AppStage, running_app, seconds_until
from bench.result import Limit, Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace, copied
from deploy.environment import local_environment, scrubbed
from deploy.steps.chalice_cli import BYTECODE_FOLDER, chalice_executable

_APP = "todo_app"
_ROUTES = Path(_APP) / "chalicelib" / "todo" / "routes.py"


def measure(workspace: Workspace) -> list[Result]:
    """Save in turns. A wall clock, as a developer waits by it."""
    plain_checkout = copied(workspace.folder / "edit_loop_plain", _APP)
    with (
        running_app(workspace, _APP, workspace.todo_checkout, watch=True) as ours,
        running_app(workspace, _APP, plain_checkout) as plain,
    ):
        watched = Edits(ours, ours.api_url, lambda: None)
        by_hand = Edits(plain, str(plain.document["apps"][_APP]["preview_url"]), lambda: _chalice_deploy(plain))
        samples = alternate(watched.seconds, by_hand.seconds, 2 if workspace.short else 5)
    reference = "`chalice deploy` by hand, until its stage `preview` shows the change"
    return [compared("Python file saved until deployed", "s", samples, reference, Limit(2))]


@dataclass
class Edits:
    """Edits of one route of a stage's checkout; `deploy` is what the developer does after a save."""

    stage: AppStage
    url: str
    deploy: Callable[[], None]
    _ages: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1_000))

    def seconds(self) -> float:
        """Save a change of a response's header, and wait until the address answers with it."""
        visitor, age, source = self.stage.visitor(self.url), next(self._ages), self.stage.root / _ROUTES

        def save() -> None:
            source.write_text(re.sub(r"max-age=\d+", f"max-age={age}", source.read_text()))
            self.deploy()

        return seconds_until(save, lambda: f"max-age={age}" in visitor.get("/config").headers["cache-control"], 0.02)


def _chalice_deploy(stage: AppStage) -> None:
    aws = local_environment(stage.endpoint_url, str(stage.document["ca_file"]))
    environment = scrubbed(os.environ, aws) | {"PYTHONPYCACHEPREFIX": str(BYTECODE_FOLDER)}
    command = [chalice_executable(), "deploy", "--stage", "local"]
    done = subprocess.run(command, cwd=stage.root / _APP, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"chalice deploy failed:\n{done.stdout}{done.stderr}")
