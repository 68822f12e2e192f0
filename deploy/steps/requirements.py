"""Step 3, an app's requirements: the wheels of requirements.txt for Lambda, unpacked.

They go into the package, and are on the path of everything that loads the app on this machine: Chalice, `make dev` and
tests.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from chalice.constants import MISSING_DEPENDENCIES_TEMPLATE
from chalice.deploy.packager import DependencyBuilder, MissingDependencyError
from chalice.utils import OSUtils

from deploy.apps import App
from deploy.errors import DeployError

PYTHON_VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
_ABI = f"cp{sys.version_info.major}{sys.version_info.minor}"


def more_requirements(app: App, stage: str) -> Path | None:
    """The file with the packages that a stage needs beside those of requirements.txt, if there is one."""
    name = app.stage(stage).more_requirements if stage else ""
    return app.folder / name if name else None


def libraries(app: App, stage: str) -> list[Path]:
    """The folders with the packages of an app in a stage; without a stage, those of requirements.txt alone.

    Raises
    ------
    DeployError
        A requirement has no wheel for Lambda, or cannot be installed.
    """
    more = more_requirements(app, stage)
    return [site_packages(app), *([_more_site_packages(app, more)] if more else [])]


def site_packages(app: App) -> Path:
    """A folder with the requirements' wheels for Lambda, unpacked; used again until requirements.txt changes.

    Raises
    ------
    DeployError
        A requirement has no wheel for Lambda.
    """
    requirements = app.folder / "requirements.txt"

    def install(target: Path) -> None:
        try:
            DependencyBuilder(OSUtils()).build_site_packages(_ABI, str(requirements), str(target))
        except MissingDependencyError as error:
            missing = "\n".join(sorted(package.identifier for package in error.missing))
            raise DeployError(f"{requirements}:{MISSING_DEPENDENCIES_TEMPLATE % missing}") from error

    return _installed(app.folder / ".chalice" / "site-packages", requirements, install)


def _more_site_packages(app: App, requirements: Path) -> Path:
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
    folder.parent.mkdir(exist_ok=True)
    # `make run`, `make dev` and tests may need it at the same time.
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists():
            shutil.rmtree(folder, ignore_errors=True)
            unfinished = installed.with_suffix(".new")
            unfinished.mkdir(parents=True)
            install(unfinished)
            unfinished.rename(installed)
    return installed
