"""Loads the apps' modules, which are all named `app`, by their paths."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from deploy.apps import App, find_apps

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
    path = str(ROOT / folder)
    if path not in sys.path:
        sys.path.append(path)
