"""The four apps' modules are all named `app`: each is loaded by its path."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent


def load_app(folder: str) -> ModuleType:
    """Load one app's app.py afresh, with the environment as it is now."""
    path = ROOT / folder
    # Each chalicelib is a portion of one namespace package, so the folders of all apps may be on the path.
    if str(path) not in sys.path:
        sys.path.append(str(path))
    spec = importlib.util.spec_from_file_location(f"{folder}_app", path / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
