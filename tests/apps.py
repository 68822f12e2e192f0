"""Loads the apps' modules, which are all named `app`, by their paths."""

import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

from deploy.apps import App, find_apps
from deploy.steps.requirements import site_packages

ROOT = Path(__file__).parent.parent


def apps_with_tests() -> list[App]:
    """The apps that have unit tests of their own; a new app has none."""
    return [app for app in find_apps(ROOT) if (ROOT / "tests" / "unit" / app.name / "stage.py").is_file()]


def load_app(folder: str) -> ModuleType:
    """Load one app's app.py again, with the current environment."""
    put_on_path(folder)
    spec = importlib.util.spec_from_file_location(f"{folder}_app", ROOT / folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def put_on_path(folder: str) -> None:
    """Make an app's chalicelib importable; all chalicelib folders are parts of one namespace package."""
    for path in map(str, (ROOT / folder, *missing_packages(App(ROOT / folder)))):
        if path not in sys.path:
            sys.path.append(path)


def missing_packages(app: App) -> list[Path]:
    """The folder with an app's packages, if this environment lacks one of its requirements or has another version.

    requirements/dev.txt has those that are there already.
    """
    requirements = app.folder / "requirements.txt"
    lines = requirements.read_text().splitlines() if requirements.is_file() else []
    pins = [line.partition("#")[0].split()[0].partition("==") for line in lines if line.partition("#")[0].strip()]
    return [site_packages(app)] if any(version != _installed(name) for name, _, version in pins) else []


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
