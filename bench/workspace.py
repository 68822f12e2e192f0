"""A folder for one run: copies of the apps and their packages, made when they are first needed."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from deploy.apps import App
from deploy.steps.package import build_package
from deploy.steps.requirements import PYTHON_VERSION
from local_aws.services.lambda_ import interpreter

ROOT = Path(__file__).parent.parent
# Shared with the tests: built once for a checkout.
FUNCTION_RUNTIME = ROOT / ".cache" / "function-runtime"
_GENERATED = shutil.ignore_patterns(".chalice", "__pycache__", "node_modules")


@dataclass(frozen=True)
class Workspace:
    """Where one run keeps what it makes; `short` asks for fewer samples."""

    folder: Path
    short: bool

    @classmethod
    @contextmanager
    def temporary(cls, *, short: bool) -> Iterator["Workspace"]:
        """Make one that is deleted at the end."""
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            yield cls(Path(folder), short)

    @cached_property
    def function_python(self) -> Path:
        """The functions' own interpreter, as in the embedded AWS."""
        return interpreter.ensure(FUNCTION_RUNTIME, print)

    @cached_property
    def checkout(self) -> Path:
        """A folder with copies of the apps and of what they share, without anything generated."""
        return copied(self.folder / "checkout", "blog_app", "pipeline_app", "todo_app", "video_app")

    @property
    def todo_app(self) -> Path:
        """The copy of todo_app."""
        return self.checkout / "todo_app"

    @cached_property
    def todo_zip(self) -> Path:
        """The deploy tool's package of todo_app."""
        return build_package(App(self.todo_app)).path

    @cached_property
    def todo_dax_zip(self) -> Path:
        """The deploy tool's package of todo_app for stage local, which has a DAX cluster."""
        return build_package(App(copied(self.folder / "todo_dax", "todo_app") / "todo_app"), "local").path

    @cached_property
    def todo_checkout(self) -> Path:
        """A folder with todo_app alone, to be deployed."""
        return copied(self.folder / "todo_checkout", "todo_app")

    @cached_property
    def blog_checkout(self) -> Path:
        """A folder with blog_app alone, to be deployed."""
        return copied(self.folder / "blog_checkout", "blog_app")

    @property
    def blog_app(self) -> Path:
        """The copy of blog_app."""
        return self.checkout / "blog_app"

    @cached_property
    def blog_zip(self) -> Path:
        """The deploy tool's package of blog_app."""
        return build_package(App(self.blog_app)).path

    @cached_property
    def video_checkout(self) -> Path:
        """A folder with video_app alone, to be deployed."""
        return copied(self.folder / "video_checkout", "video_app")

    @property
    def video_app(self) -> Path:
        """The copy of video_app."""
        return self.checkout / "video_app"

    @cached_property
    def video_zip(self) -> Path:
        """The deploy tool's package of video_app."""
        return build_package(App(self.video_app)).path

    @cached_property
    def pipeline_checkout(self) -> Path:
        """A folder with pipeline_app alone, to be deployed; no simulated devices live in it."""
        return _without_devices(copied(self.folder / "pipeline_checkout", "pipeline_app"), shards=1)

    @cached_property
    def pipeline_stream_checkout(self) -> Path:
        """The same with eight shards in the stream, which take 8,000 messages a second."""
        return _without_devices(copied(self.folder / "pipeline_stream_checkout", "pipeline_app"), shards=8)

    @property
    def pipeline_app(self) -> Path:
        """The copy of pipeline_app."""
        return self.checkout / "pipeline_app"

    @cached_property
    def pipeline_zip(self) -> Path:
        """The deploy tool's package of pipeline_app."""
        return build_package(App(self.pipeline_app)).path

    @cached_property
    def plain_zip(self) -> Path:
        """Chalice's own package of the plain app."""
        return self._plain("plain_app")

    @cached_property
    def plain_player_zip(self) -> Path:
        """Chalice's own package of the plain player."""
        return self._plain("plain_player")

    def _plain(self, name: str) -> Path:
        return chalice_package(shutil.copytree(ROOT / "bench" / name, self.folder / name))

    def unpacked(self, package: Path) -> Path:
        """The files of a package, as Lambda lays them out; beside it, as packages of two folders may have one name."""
        target = package.with_suffix("")
        if not target.exists():
            with zipfile.ZipFile(package) as archive:
                archive.extractall(target)
        return target


def _without_devices(checkout: Path, *, shards: int) -> Path:
    """Change stage local of pipeline_app."""
    file = checkout / "pipeline_app" / "stages.yaml"
    settings = yaml.safe_load(file.read_text())
    local = settings["stages"]["local"]
    del local["live_tasks"]
    local["parameters"]["StreamShards"] = str(shards)
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
    return checkout


def copied(checkout: Path, *apps: str) -> Path:
    """Copy apps and what they share into a folder."""
    for name in ("common", *apps):
        shutil.copytree(ROOT / name, checkout / name, symlinks=True, ignore=_GENERATED)
    return checkout


def chalice_package(app: Path) -> Path:
    """Build a package the way `chalice package` and `chalice deploy` do by themselves."""
    osutils = OSUtils()
    packager = LambdaDeploymentPackager(osutils, DependencyBuilder(osutils), UI())
    return Path(packager.create_deployment_package(str(app), PYTHON_VERSION))
