"""Step 3, the deployment package: a small zip with bytecode, under the name that Chalice looks for.

Chalice deploys a package that is already in `.chalice/deployments` under the hash of the app's sources
(`LambdaDeploymentPackager.deployment_package_filename`), so no part of Chalice is replaced.

The sources stay beside their bytecode: tracebacks need them, and they are a small part of the zip.
"""

import hashlib
import inspect
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import chalice
from chalice.constants import MISSING_DEPENDENCIES_TEMPLATE
from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager, MissingDependencyError
from chalice.utils import UI, OSUtils

from deploy.apps import App
from deploy.errors import DeployError

PYTHON_VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
_ABI = f"cp{sys.version_info.major}{sys.version_info.minor}"
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
        A requirement has no wheel for Lambda, or cannot be installed.
    """
    more = app.folder / app.stage(stage).more_requirements if stage and app.stage(stage).more_requirements else None
    path = package_path(app)
    recipe = _recipe(app, more)
    if path.exists() and _comment(path) == recipe:
        return Package(path, built=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old_package in path.parent.glob("*.zip"):
        old_package.unlink()
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder)
        libraries = [_requirements(app), *([_more_requirements(app, more)] if more else [])]
        for source, name in _sources(app, libraries):
            (content / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, content / name)
        _compile(content)
        _write_zip(content, path, recipe)
    return Package(path, built=True)


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


def _requirements(app: App) -> Path:
    """A folder with the requirements' wheels for Lambda, unpacked; used again until requirements.txt changes."""
    requirements = app.folder / "requirements.txt"

    def install(target: Path) -> None:
        try:
            DependencyBuilder(OSUtils()).build_site_packages(_ABI, str(requirements), str(target))
        except MissingDependencyError as error:
            missing = "\n".join(sorted(package.identifier for package in error.missing))
            raise DeployError(f"{requirements}:{MISSING_DEPENDENCIES_TEMPLATE % missing}") from error

    return _installed(app.folder / ".chalice" / "site-packages", requirements, install)


def _more_requirements(app: App, requirements: Path) -> Path:
    """A folder with packages that need no compiler, by their hashes and without what they require themselves.

    Chalice's builder would add all that they require, such as botocore, which is in Lambda's runtime. A source
    distribution is built by the setuptools of this environment, not by one from the index.
    """
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--no-build-isolation"]

    def install(target: Path) -> None:
        places = ["--target", str(target), "--requirement", str(requirements)]
        command = [sys.executable, "-m", "pip", "install", *options, *places]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DeployError(f"{requirements} cannot be installed:\n{done.stderr.strip()}")
        # Commands, which no function runs.
        shutil.rmtree(target / "bin", ignore_errors=True)
        if compiled := [path.name for path in target.rglob("*.so")]:
            raise DeployError(f"{requirements}: {compiled[0]} is compiled for this machine, and may not run on Lambda")

    return _installed(app.folder / ".chalice" / "more-site-packages", requirements, install)


def _installed(folder: Path, requirements: Path, install: Callable[[Path], None]) -> Path:
    """The folder below `folder` that has what a file requires, installed unless it is there."""
    text = requirements.read_bytes() if requirements.exists() else b""
    installed = folder / hashlib.sha256(text + PYTHON_VERSION.encode()).hexdigest()[:16]
    if installed.exists():
        return installed
    shutil.rmtree(folder, ignore_errors=True)
    unfinished = installed.with_suffix(".new")
    unfinished.mkdir(parents=True)
    install(unfinished)
    return unfinished.rename(installed)


def _sources(app: App, libraries: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Every file and its name in the zip: those that Chalice would take, without those that a function never reads."""
    for folder in libraries:
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


def _compile(content: Path) -> None:
    """Compile to bytecode that Python uses without checking its source, with paths relative to the zip's root."""
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(content)]
    # The order of a set constant in bytecode follows the hash seed.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    for name in ("PYTHONPYCACHEPREFIX", "PYTHONOPTIMIZE"):
        environment.pop(name, None)
    done = subprocess.run([*command, str(content)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DeployError(f"the app's code does not compile:\n{done.stdout.replace(f'{content}/', '')}")


def _write_zip(content: Path, path: Path, recipe: bytes) -> None:
    # At zlib's default level, as Chalice does: the highest one takes four times as long for a zip 0.5 % smaller.
    unfinished = path.with_suffix(".new")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(file for file in content.rglob("*") if file.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(content).as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
        archive.comment = recipe
    unfinished.replace(path)
