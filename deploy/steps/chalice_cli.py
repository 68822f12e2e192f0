"""The real Chalice, run as a child process."""

import os
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from deploy.apps import App
from deploy.errors import CommandFailed
from deploy.progress import Progress
from deploy.steps.requirements import libraries
from deploy.target import Target

_SHOWN_LINES = 12
# As the Makefile sets it: what one command has compiled, the next one finds.
BYTECODE_FOLDER = Path(__file__).parents[2] / ".cache" / "pycache"


def chalice_environment(target: Target, app: App | None = None) -> dict[str, str]:
    """The environment in which Chalice reaches the target's AWS and imports nothing of this checkout.

    With an app, its requirements can be imported. Bytecode goes to another folder: the files in the app's folder are
    hashed and zipped.
    """
    environment = target.child_environment()
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH"):
        environment.pop(name, None)
    folders = map(str, libraries(app, target.stage) if app else ())
    requirements = {"PYTHONPATH": os.pathsep.join(folders)} if app else {}
    return {
        **environment,
        **requirements,
        "PYTHONPYCACHEPREFIX": str(BYTECODE_FOLDER),
        "PYTHONUNBUFFERED": "1",
        # Chalice imports blessed, which asks the terminal what it is, and waits five seconds for each answer.
        "BLESSED_QUERY_TIMEOUT_SECONDS": "0.1",
    }


def run_chalice(app: App, target: Target, command: str, progress: Progress) -> None:
    """Run `chalice COMMAND --stage STAGE` in the app's folder and note each line that it prints.

    Raises
    ------
    CommandFailed
        Chalice failed; the text has the end of its output.
    """
    process = subprocess.Popen(
        [chalice_executable(), command, "--stage", target.stage],
        cwd=app.folder,
        # To delete, Chalice reads its record and loads no app.
        # Bytecode of the app could be that of a save in the same second.
        env=chalice_environment(target, None if command == "delete" else app) | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        lines = list(_note_lines(process, progress))
        code = process.wait()
    finally:
        process.kill()
    if code:
        end = "\n".join(lines[-_SHOWN_LINES:])
        raise CommandFailed(f"chalice {command} --stage {target.stage} in {app.key} failed:\n{end}")


def _note_lines(process: subprocess.Popen[str], progress: Progress) -> Iterator[str]:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    is_news = True
    for line in map(str.rstrip, process.stdout):
        if line:
            # After this line Chalice repeats what it created, with the API's address on AWS even in stage local.
            is_news = is_news and line != "Resources deployed:"
            if is_news:
                progress.change(line)
            yield line


def chalice_executable() -> str:
    """The path of `chalice` in this virtual environment."""
    return os.path.join(sysconfig.get_path("scripts"), "chalice")
