"""Step 3, the deployment package: a small zip with bytecode, under the name that Chalice looks for.

Chalice deploys a package that is already in `.chalice/deployments` under the hash of the app's sources
(`LambdaDeploymentPackager.deployment_package_filename`), so no part of Chalice is replaced.

The sources stay beside their bytecode: tracebacks need them, and they are a small part of the zip.
"""

import hashlib
import inspect
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import chalice
from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from deploy.apps import App
from deploy.errors import DeployError
from deploy.steps.requirements import PYTHON_VERSION, libraries, more_requirements
from deploy.steps.zip_entries import OldEntries, bytecode_name

# Zip's earliest date: the same sources always give the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT_SUFFIXES = {".pyc", ".pyi", ".pyx", ".pxd", ".c", ".h", ".md", ".rst"}
_LEFT_OUT_NAMES = {"py.typed", "RECORD", "WHEEL", "INSTALLER", "REQUESTED", "top_level.txt", "entry_points.txt"}
_LEFT_OUT_FOLDERS = {"__pycache__", "tests", "test", "docs", "examples"}


@dataclass(frozen=True)
class Package:
    """A zip where Chalice finds it; `built` says whether it was built now."""

    path: Path
    built: bool

    @property
    def code_sha256(self) -> str:
        """SHA-256 of the zip, in hex."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def size_bytes(self) -> int:
        """The size of the zip."""
        return self.path.stat().st_size


def build_package(app: App, stage: str = "") -> Package:
    """The app's package for a stage; it is built only if its sources, libraries or this module have changed.

    Without a stage it has the packages of requirements.txt alone.

    Raises
    ------
    DeployError
        A requirement has no wheel for Lambda or cannot be installed, or a module does not compile.
    """
    package = _build(app, stage)
    # A source that is saved while the package is built belongs to a package of another name.
    while package.path != package_path(app):
        package = _build(app, stage)
    return package


def _build(app: App, stage: str) -> Package:
    path = package_path(app)
    recipe = _recipe(app, more_requirements(app, stage))
    if path.exists() and _comment(path) == recipe:
        return Package(path, built=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    old_packages = list(path.parent.glob("*.zip"))
    old = OldEntries(next((package for package in old_packages if _comment(package) == recipe), None))
    try:
        with tempfile.TemporaryDirectory() as folder:
            names = _copy_changed(_sources(app, libraries(app, stage)), Path(folder), old)
            _compile(Path(folder), app)
            _write_zip(names, Path(folder), old, path, recipe)
    finally:
        old.close()
    for package in old_packages:
        if package != path:
            package.unlink()
    return Package(path, built=True)


def _copy_changed(sources: Iterable[tuple[Path, Path]], content: Path, old: OldEntries) -> list[Path]:
    """Copy the files that the old package does not have; returns the names of all entries, with bytecode."""
    files = {name: source for source, name in sources}
    for name, source in files.items():
        data = source.read_bytes()
        if not old.has(name.as_posix(), data):
            (content / name).parent.mkdir(parents=True, exist_ok=True)
            (content / name).write_bytes(data)
    return sorted([*files, *(Path(bytecode_name(name.as_posix())) for name in files if name.suffix == ".py")])


def package_path(app: App) -> Path:
    """Where Chalice looks for the package of the sources as they are now."""
    packager = LambdaDeploymentPackager(OSUtils(), DependencyBuilder(OSUtils()), UI())
    return Path(packager.deployment_package_filename(str(app.folder), PYTHON_VERSION))


def _recipe(app: App, more: Path | None) -> bytes:
    """A digest of what determines the zip's content beside the sources; it is the zip's comment."""
    parts = (
        Path(__file__).read_bytes(),
        sys.version.encode(),
        chalice.__version__.encode(),
        *map(str.encode, app.leave_out),
        *([more.read_bytes()] if more else []),
    )
    return hashlib.sha256(b"\0".join(parts)).hexdigest().encode()


def _comment(path: Path) -> bytes:
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        return archive.comment
    return b""


def _sources(app: App, folders: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Every file and its name in the zip: those that Chalice would take, without those that a function never reads."""
    for folder in folders:
        for source, name in _files_for_zip(folder, Path(), without="chalice"):
            if not any(name.match(pattern) for pattern in app.leave_out):
                yield source, name
    # Chalice's runtime is these two files: https://aws.github.io/chalice/topics/packaging.html
    yield Path(inspect.getfile(chalice)), Path("chalice/__init__.py")
    yield Path(inspect.getfile(chalice)).with_name("app.py"), Path("chalice/app.py")
    yield app.folder / "app.py", Path("app.py")
    yield from _files_for_zip(app.folder / "chalicelib", Path("chalicelib"))
    yield from _files_for_zip(app.folder / "vendor", Path())


def _files_for_zip(folder: Path, prefix: Path, without: str | None = None) -> Iterator[tuple[Path, Path]]:
    for root, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if name not in _LEFT_OUT_FOLDERS and name != without]
        for name in files:
            path = Path(root, name)
            if path.suffix not in _LEFT_OUT_SUFFIXES and name not in _LEFT_OUT_NAMES:
                yield path, prefix / path.relative_to(folder)


def _compile(content: Path, app: App) -> None:
    """Compile to bytecode that Python uses without checking its source, with paths relative to the zip's root."""
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(content)]
    # The order of a set constant in bytecode follows the hash seed.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    for name in ("PYTHONPYCACHEPREFIX", "PYTHONOPTIMIZE"):
        environment.pop(name, None)
    done = subprocess.run([*command, str(content)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DeployError("\n".join(_syntax_errors(done.stdout.replace(f"{content}/", ""), app)))


def _syntax_errors(output: str, app: App) -> Iterator[str]:
    """Each error that compileall has printed, as one line with its file in the checkout and its line."""
    for report in output.split("*** Error compiling ")[1:]:
        lines = report.strip().splitlines()
        place = re.search(r'File "(?P<file>[^"]+)", line (?P<line>\d+)', report)
        name = place["file"] if place else lines[0].strip("'.")
        shown = f"{app.key}/{name}" if (app.folder / name).exists() else name
        yield f"{shown}:{place['line'] if place else 1}: {lines[-1]}"


def _write_zip(names: Iterable[Path], content: Path, old: OldEntries, path: Path, recipe: bytes) -> None:
    # At zlib's default level, as Chalice does: the highest one takes four times as long for a zip 0.5 % smaller.
    unfinished = path.with_suffix(".new")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            if not (content / name).exists():
                old.copy(name.as_posix(), archive)
                continue
            entry = zipfile.ZipInfo(name.as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (content / name).read_bytes())
        archive.comment = recipe
    unfinished.replace(path)
