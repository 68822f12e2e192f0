"""The apps of a checkout, found by their files; no app is named here."""

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
        """Chalice's app name (`todo`), the first part of every name in AWS."""
        return app_file(self.folder / "stages.yaml").name

    @property
    def port_offset(self) -> int:
        """The app's front listens on the embedded AWS's port plus this."""
        return app_file(self.folder / "stages.yaml").port_offset

    @property
    def example_route(self) -> str:
        """A route that answers a signed-in user's GET."""
        return app_file(self.folder / "stages.yaml").example_route

    @property
    def renders_site(self) -> bool:
        """Whether there is a site though there is no built web client."""
        return app_file(self.folder / "stages.yaml").renders_site

    @property
    def left_out(self) -> tuple[str, ...]:
        """Patterns of what its libraries bring and no function needs."""
        return tuple(app_file(self.folder / "stages.yaml").package.leave_out)

    def stage(self, stage: str) -> StageSettings:
        """The app's settings for one stage."""
        return app_file(self.folder / "stages.yaml").stage(stage)

    def full_name(self, stage: str) -> str:
        """The name of the stack and of the API's function (`todo-local`)."""
        return f"{self.name}-{stage}"

    def tags(self, stage: str) -> dict[str, str]:
        """What everything of ours carries."""
        return {"quartet:app": self.key, "quartet:stage": stage}


def find_apps(root: Path, only: str | None = None) -> list[App]:
    """Every app below `root`, by name; with `only`, that one.

    Raises
    ------
    DeployError
        There is none, or none of that name.
    """
    apps = [App(folder) for folder in sorted(root.iterdir()) if all((folder / name).is_file() for name in _FILES)]
    if only is not None:
        named = [app for app in apps if app.key == only]
        if not named:
            raise DeployError(f"no app {only}; there are: {', '.join(app.key for app in apps) or 'none'}")
        return named
    if not apps:
        raise DeployError(f"no app in {root}: an app is a folder with {', '.join(_FILES)}")
    return apps
