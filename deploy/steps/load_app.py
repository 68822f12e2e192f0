"""Loads an app as Chalice does, and prints what Chalice would deploy or why it cannot be loaded.

`deploy.steps.loading` starts it as a program of its own in the app's folder: `python -P load_app.py STAGE [--all]`. It
prints one JSON object: `declarations` is a digest of the functions' settings, event sources and API that app.py and
config.json declare, without the code; `failure` is a text that begins with a file and a line.
"""

import hashlib
import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from chalice.cli.factory import CLIFactory
from chalice.config import Config
from chalice.deploy.appgraph import ApplicationGraphBuilder
from chalice.deploy.models import RestAPI
from chalice.deploy.swagger import TemplatedSwaggerGenerator
from chalice.deploy.validate import validate_configuration


def main(stage: str, *, every_module: bool) -> dict[str, str]:
    """Load the app of the current folder; with `every_module`, the modules too that functions import later."""
    folder = Path.cwd()
    config = CLIFactory(str(folder)).create_config_obj(stage)
    os.environ.update(config.environment_variables)
    sys.path[:0] = [str(folder)]
    sys.path.append(str(folder / "vendor"))
    _ignore_bytecode(folder)
    try:
        importlib.import_module("app")
        if every_module:
            _import_other_modules(folder)
        return {"declarations": _digest(config, stage)}
    except (Exception, SystemExit) as error:
        return {"failure": failure(error, folder)}


def _ignore_bytecode(folder: Path) -> None:
    """Compile the app's own modules from their sources: two saves within a second may have equal times and sizes."""
    stats, packages = SourceFileLoader.path_stats, folder / ".chalice"

    def path_stats(self: SourceFileLoader, path: str) -> Mapping[str, Any]:
        if Path(path).is_relative_to(folder) and not Path(path).is_relative_to(packages):
            raise OSError("no bytecode")
        return stats(self, path)

    SourceFileLoader.path_stats = path_stats  # type: ignore[method-assign]


def _digest(config: Config, stage: str) -> str:
    try:
        validate_configuration(config)
    except ValueError as error:
        _note_route(error, config.chalice_app.routes)
        raise
    application = ApplicationGraphBuilder().build(config, stage)
    for resource in application.resources:
        if isinstance(resource, RestAPI):
            resource.swagger_doc = TemplatedSwaggerGenerator().generate_swagger(config.chalice_app, resource)
    # The names of types are in it; the package has no name yet.
    return hashlib.sha256(repr(application).encode()).hexdigest()


def _note_route(error: ValueError, routes: dict[str, dict[str, Any]]) -> None:
    """Note where the route is declared that Chalice's message names."""
    for path, methods in routes.items():
        if path in str(error):
            code = inspect.unwrap(next(iter(methods.values())).view_function).__code__
            error.add_note(f"{code.co_filename}:{code.co_firstlineno}: {code.co_name}")


def _import_other_modules(folder: Path) -> None:
    """Import the modules that handlers import when they run, except those with packages that only tasks have."""
    for path in sorted((folder / "chalicelib").rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            package = (error.name or "").partition(".")[0]
            if package == "chalicelib" or (folder / "vendor" / package).exists():
                raise


def failure(error: BaseException, folder: Path) -> str:
    """One line: the file and line in the app, the error, and where in other code of the zip it was raised.

    A note of an exception that begins with a file of the project, as those of routes do, says better where.
    """
    places = list(_places(error, folder))
    own = [place for place in places if not place[0].is_relative_to(folder / "vendor")]
    noted = [note for note in getattr(error, "__notes__", ()) if note.startswith(str(folder))]
    reason = next(iter(str(error.msg if isinstance(error, SyntaxError) else error).strip().splitlines()), "")
    text = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    if noted:
        path, _, line = noted[0].partition(": ")[0].rpartition(":")
        return f"{_shown(Path(path), folder)}:{line}: {text}"
    if not places:
        return f"{folder.name}/app.py: {text}"
    path, number = (own or places)[-1]
    raised = "" if places[-1] == (path, number) else f" (raised at {_shown(places[-1][0], folder)}:{places[-1][1]})"
    return f"{_shown(path, folder)}:{number}: {text}{raised}"


def _places(error: BaseException, folder: Path) -> Iterator[tuple[Path, int]]:
    """The files and lines of the app's folder through which an error came, the innermost last."""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(f"{folder}/") and frame.lineno:
            yield Path(frame.filename), frame.lineno
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(f"{folder}/"):
        yield Path(str(error.filename)), error.lineno or 1


def _shown(path: Path, folder: Path) -> str:
    """A path relative to the checkout, with `common/...` for `app/vendor/common/...`."""
    real, root = path.resolve(), folder.resolve().parent
    return str(real.relative_to(root) if real.is_relative_to(root) else real)


if __name__ == "__main__":
    # What the app prints while it is loaded goes to standard error.
    result = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps(main(sys.argv[1], every_module="--all" in sys.argv)), file=result)
    result.flush()
    # Threads that the app has started do not keep the process.
    os._exit(0)
