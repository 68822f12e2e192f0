"""The apps of a checkout, recognised by their files; no app is named here."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deploy.errors import DeployError
from deploy.settings import StageSettings, app_file

_FILES = ("app.py", "resources.yaml", "stages.yaml")


@dataclass(frozen=True)
class App:
    """One app's folder, which holds app.py, resources.yaml and stages.yaml."""

    folder: Path

    @property
    def key(self) -> str:
        """The folder's name (`todo_app`): the app's name in outputs, tags and on the command line."""
        return self.folder.name

    @cached_property
    def name(self) -> str:
        """Chalice's app name (`todo`), with which every name in AWS begins."""
        return app_file(self.folder / "stages.yaml").name

    @property
    def port_offset(self) -> int:
        """The embedded AWS serves the app at its own port plus this."""
        return app_file(self.folder / "stages.yaml").port_offset

    @property
    def example_route(self) -> str:
        """A route that a signed-in user can GET, for the command that `run` prints."""
        return app_file(self.folder / "stages.yaml").example_route

    @property
    def renders_site(self) -> bool:
        """Whether the app writes its site by itself, without a built web client."""
        return app_file(self.folder / "stages.yaml").renders_site

    @property
    def leave_out(self) -> tuple[str, ...]:
        """Patterns of the libraries' files that no function needs."""
        return tuple(app_file(self.folder / "stages.yaml").package.leave_out)

    def stage(self, stage: str) -> StageSettings:
        """The app's settings for one stage."""
        return app_file(self.folder / "stages.yaml").stage(stage)

    def full_name(self, stage: str) -> str:
        """The name of the stack and of the API's function (`todo-local`)."""
        return f"{self.name}-{stage}"

    def tags(self, stage: str) -> dict[str, str]:
        """The tags of everything that the tool makes for a stage."""
        return {"quartet:app": self.key, "quartet:stage": stage}


def find_apps(root: Path, only: str | None = None) -> list[App]:
    """Every app in `root`, sorted by name; with `only`, the app of that name.

    Raises
    ------
    DeployError
        There is no app, or no app of that name.
    """
    apps = [App(folder) for folder in sorted(root.iterdir()) if all((folder / name).is_file() for name in _FILES)]
    if only is not None:
        matching = [app for app in apps if app.key == only]
        if not matching:
            raise DeployError(f"no app {only}; there are: {', '.join(app.key for app in apps) or 'none'}")
        return matching
    if not apps:
        raise DeployError(f"no app in {root}: an app is a folder with {', '.join(_FILES)}")
    return apps
