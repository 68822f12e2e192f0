"""The tasks that `run` keeps running in stage local, declared in stages.yaml; each is a child of `run`."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.apps import App
from deploy.checkout import Checkout
from deploy.environment import scrubbed
from deploy.local.embedded_aws import end_with_parent
from deploy.progress import out
from deploy.target import LOCAL

# A task that failed starts again after this pause, and after twice the pause each time until the longest.
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 2.0, 60.0
# A task that ran so long has not failed at once.
_HEALTHY_SECONDS = 60.0
_STOP_SECONDS = 20
_TOOL_CHECKOUT = Path(__file__).parents[2]


@dataclass
class LiveTask:
    """One task and its process; `words` are the task's name and arguments."""

    app: App
    words: list[str]
    log_file: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = _FIRST_PAUSE_SECONDS
    start_at: float = 0.0
    is_finished: bool = False
    # When it is killed, if it has been told to end.
    kill_at: float = 0.0

    @property
    def title(self) -> str:
        """The task as it is written in stages.yaml."""
        return shlex.join(self.words)


@dataclass
class LiveTasks:
    """The live tasks of all apps; `tool` is the folder of the package `deploy`."""

    checkout: Checkout
    apps: list[App]
    tool: Path = _TOOL_CHECKOUT
    now: Callable[[], float] = time.monotonic
    tasks: list[LiveTask] = field(default_factory=list)
    # Apps that are removed, by their keys.
    _removed: dict[str, App] = field(default_factory=dict)

    def start(self) -> None:
        """Start them and print where their logs are. Their apps are deployed."""
        for app in self.apps:
            self.add(app)
        if self.tasks:
            out.print()

    def add(self, app: App) -> None:
        """Start the tasks of an app that is deployed."""
        for task in self._declared(app):
            self.tasks.append(task)
            self._start(task)
            log = task.log_file.relative_to(self.checkout.root)
            out.print(f"{task.app.key} runs {task.title}; its log is {log}", style="dim", markup=False)

    def watch(self, removed: Collection[str] = ()) -> None:
        """Start tasks again that have failed, and print that; a task that ended with status 0 is finished.

        Tasks of apps whose keys are in `removed` end. They are started anew when the app is deployed again.
        """
        for task in list(self.tasks):
            if task.kill_at or task.app.key in removed:
                self._end(task)
            elif task.process is not None and task.process.poll() is not None:
                self._note_end(task, task.process.returncode)
            elif task.process is None and not task.is_finished and self.now() >= task.start_at:
                self._start(task)
        for key in self._removed.keys() - removed - {task.app.key for task in self.tasks}:
            self.add(self._removed.pop(key))

    def _end(self, task: LiveTask) -> None:
        process = task.process
        if not task.kill_at:
            self._removed[task.app.key] = task.app
            task.kill_at = self.now() + _STOP_SECONDS
            if process:
                process.terminate()
                out.print(f"{task.app.key} is removed: {task.title} ends", style="dim", markup=False)
        if process is None or process.poll() is not None:
            self.tasks.remove(task)
        elif self.now() >= task.kill_at:
            process.kill()

    def stop(self) -> None:
        """Let them end in order: each gets SIGTERM and some time."""
        running = [task.process for task in self.tasks if task.process is not None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.tasks = []

    def _declared(self, app: App) -> Iterator[LiveTask]:
        for number, line in enumerate(app.stage(LOCAL).live_tasks, start=1):
            words = shlex.split(line)
            log_name = f"{app.name}-{words[0]}-{number}.log" if number > 1 else f"{app.name}-{words[0]}.log"
            yield LiveTask(app, words, self.checkout.local / log_name)

    def _start(self, task: LiveTask) -> None:
        command = [sys.executable, "-m", "deploy", "--root", str(self.checkout.root), "task", task.app.key, *task.words]
        with task.log_file.open("wb") as log:
            task.process = subprocess.Popen(
                command,
                cwd=self.tool,
                env=scrubbed(os.environ, {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        task.started_at = self.now()

    def _note_end(self, task: LiveTask, status: int) -> None:
        task.process = None
        # An app's folder can be removed while `run` goes on.
        if status == 0 or not (task.app.folder / "stages.yaml").exists():
            task.is_finished = True
            out.print(f"{task.app.key}: {task.title} is finished", style="dim", markup=False)
            return
        if self.now() - task.started_at >= _HEALTHY_SECONDS:
            task.pause = _FIRST_PAUSE_SECONDS
        task.start_at = self.now() + task.pause
        lines = task.log_file.read_text(errors="replace").splitlines() or ["(its log is empty)"]
        out.print(
            f"{task.app.key}: {task.title} ended with status {status}, and starts again in {task.pause:.0f} s: "
            f"{lines[-1]} ({task.log_file})",
            style="yellow",
            markup=False,
        )
        task.pause = min(task.pause * 2, _LONGEST_PAUSE_SECONDS)
