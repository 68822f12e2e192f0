"""Deploys each app whose source files were saved, and says what became of it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from deploy.apps import App
from deploy.errors import DeployError
from deploy.local.source_files import changed_names, digests
from deploy.progress import counted

_SHOWN_FILES = 3
Digests = dict[str, str]


@dataclass
class Saves:
    """What was deployed last of each app, by the content of its source files.

    `deploy` deploys one app, returns the number of changes and raises DeployError; `say` prints an app's line, which is
    a failure or not.
    """

    deploy: Callable[[App], int]
    say: Callable[[App, str, bool], None]
    now: Callable[[], float] = time.monotonic
    _tried: dict[str, Digests] = field(default_factory=dict)
    # The keys of apps whose last deployment failed.
    _failed: set[str] = field(default_factory=set)

    def note_deployed(self, apps: Iterable[App]) -> None:
        """Take the files of apps as they are now for those that are deployed."""
        for app in apps:
            self._tried[app.key] = digests(app)

    def deploy_changed(self, apps: Iterable[App]) -> None:
        """Deploy the apps whose files differ from those that were tried last, until none differs.

        A file that is saved during a deployment is deployed after it; of several such saves only the last state is.
        """
        while changed := [app for app in apps if self._differs(app)]:
            for app in changed:
                self._deploy(app)

    def _differs(self, app: App) -> bool:
        return (app.folder / "app.py").exists() and digests(app) != self._tried.get(app.key, {})

    def _deploy(self, app: App) -> None:
        started, before = self.now(), self._tried.get(app.key, {})
        self._tried[app.key] = tried = digests(app)
        try:
            changes = self.deploy(app)
        except DeployError as error:
            # Of files that were saved meanwhile, as in a change of branch, the next deployment tells.
            if digests(app) == tried:
                self._failed.add(app.key)
                self.say(app, f"{error}\nthe last version that was deployed goes on serving", True)
            return
        unchanged = "in order again, and as it is deployed" if app.key in self._failed else "nothing to deploy"
        self._failed.discard(app.key)
        what = f"deployed in {self.now() - started:.1f} s" if changes else unchanged
        self.say(app, f"{what}: {_listed(changed_names(before, tried))}", False)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN_FILES])
    return shown if len(names) <= _SHOWN_FILES else f"{shown} and {counted(len(names) - _SHOWN_FILES, 'file')} more"
