"""The process of `run` that deploys saved files: a copy of `run`, which takes little memory of its own.

Each deployment runs in a copy of that process in turn, as the first one does (`deploy.local.apart`): it reads the files
of the app anew, and its memory ends with it.
"""

import gc
import os
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import NoReturn, TextIO

from deploy.apps import App
from deploy.checkout import Checkout
from deploy.inventory.stacks import stack_outputs
from deploy.local.apart import end, fork, run_apart
from deploy.local.caches import empty_caches
from deploy.local.embedded_aws import end_with_parent
from deploy.local.interrupts import Interrupts
from deploy.local.new_apps import added_apps
from deploy.local.saves import Saves
from deploy.local.source_files import FileWatch
from deploy.progress import out
from deploy.settings import app_file
from deploy.steps.chalice_record import summary_path
from deploy.target import LOCAL, Target
from deploy.up import bring_up

_LOOK_SECONDS = 0.3
# Files that are saved together: nothing more is saved for so long.
_QUIET_SECONDS = 0.08
_LONGEST_QUIET_SECONDS = 2.0


@dataclass
class Watch:
    """Watches the files of a checkout's apps from when it is made, and deploys what is saved once it is started."""

    checkout: Checkout
    apps: list[App]
    _pid: int = 0
    _saves: Saves = field(init=False)

    def __post_init__(self) -> None:
        self._saves = Saves(self._deploy, _say)
        self._saves.note_deployed(self.apps)

    def start(self, target: Target, interrupts: Interrupts) -> None:
        """Start the process. Every app has been deployed since this object was made."""
        self._target = target
        # Later looks for garbage leave alone what there is now: both processes go on sharing that memory.
        gc.collect()
        gc.freeze()
        self._pid = fork()
        if not self._pid:
            self._watch_and_end(interrupts)

    def stop(self) -> None:
        """End the process, and a deployment that it runs."""
        if self._pid:
            end(self._pid)
            self._pid = 0

    def _watch_and_end(self, interrupts: Interrupts) -> NoReturn:
        try:
            # Ctrl-C reaches `run` only, which then stops this process in order.
            os.setsid()
            end_with_parent()
            self._watch(interrupts)
        except KeyboardInterrupt:
            pass
        except BaseException:
            traceback.print_exc()
            out.print("files that are saved are not deployed any more: start `make run` again", style="red")
        finally:
            sys.stdout.flush()
            os._exit(0)

    def _watch(self, interrupts: Interrupts) -> NoReturn:
        # What was saved during the first deployment is deployed now.
        files, changed = FileWatch(self.apps), True
        while True:
            if self._find_new_apps():
                files.watch(self.apps)
            if changed:
                _wait_until_quiet(files)
                self._saves.deploy_changed(self._deployed_apps())
            interrupts.raise_if_received()
            time.sleep(_LOOK_SECONDS)
            changed = files.has_changed()

    def _find_new_apps(self) -> bool:
        """Whether `make deploy` has added an app since the last call. Its files are deployed."""
        new = added_apps(self.checkout.root, self.checkout.recorded_run(), self.apps)
        self._saves.note_deployed(new)
        self.apps += new
        return bool(new)

    def _deployed_apps(self) -> list[App]:
        """The apps that are there, in the folder and in AWS: `make down` may have removed one."""
        return [app for app in self.apps if app.folder.is_dir() and summary_path(app, LOCAL).exists()]

    def _deploy(self, app: App) -> int:
        """Deploy one app as `make deploy` does; returns the number of changes."""
        with self.checkout.lock_for_deployment(), self.checkout.deployment_log.open("a") as details:
            return run_apart(lambda: self._bring_up(app.folder.name, details))

    def _bring_up(self, key: str, details: TextIO) -> int:
        app_file.cache_clear()
        app = App(self.checkout.root / key)
        changes = bring_up(app, self._target, details, code_alone=True)
        if changes:
            empty_caches(app, self._target, stack_outputs(app, self._target))
        return changes


def _wait_until_quiet(files: FileWatch) -> None:
    deadline = time.monotonic() + _LONGEST_QUIET_SECONDS
    while time.monotonic() < deadline:
        time.sleep(_QUIET_SECONDS)
        if not files.has_changed():
            return


def _say(app: App, text: str, is_failure: bool) -> None:
    first, *more = text.splitlines()
    out.print(f"{time.strftime('%H:%M:%S')} {app.key:<14}{first}", style="red" if is_failure else "bold", markup=False)
    for line in more:
        out.print(f"{'':<9}{'':<14}{line}", style="dim", markup=False)
