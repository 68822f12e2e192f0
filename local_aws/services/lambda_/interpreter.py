"""Builds the functions' interpreter: this Python with the packages of Lambda's runtime (boto3) and no others.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html. A package that is missing in a deployment package
is therefore missing here as well. The interpreter has no pip and no setuptools.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("functions.txt")
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
_STAMP = "built-from"
_BYTECODE_ELSEWHERE = {"PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE"}


class CannotBuild(Exception):
    """The functions' interpreter could not be built."""


def python(folder: Path) -> Path:
    """The interpreter in a built folder."""
    return folder / "bin" / "python"


def ensure(folder: Path, say: Callable[[str], None]) -> Path:
    """Build the functions' interpreter in a folder unless it is there already; returns the interpreter.

    `say` gets one line before the build, which takes seconds. Processes that share the folder build it once.

    Raises
    ------
    CannotBuild
        The message has the last lines of the command that failed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(folder):
            say(f"building the functions' {RUNTIME} with {REQUIREMENTS.name} in {folder}")
            _build(folder)
    return python(folder)


def _expected_stamp() -> str:
    parts = (Path(__file__).read_bytes(), REQUIREMENTS.read_bytes(), sys.version.encode(), sys.base_prefix.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _is_current(folder: Path) -> bool:
    stamp = folder / _STAMP
    if not stamp.exists() or stamp.read_text() != _expected_stamp():
        return False
    return python(folder).exists() and _has_bytecode(folder)


def _has_bytecode(folder: Path) -> bool:
    """Whether the installed packages have bytecode."""
    botocore = folder / "lib" / RUNTIME / "site-packages" / "botocore"
    return not botocore.exists() or any(botocore.glob("__pycache__/*.pyc"))


def _build(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python(folder)))
    options = ("--quiet", "--no-compile", "--require-hashes", "--only-binary", ":all:")
    _run(*pip, "install", *options, "-r", str(REQUIREMENTS))
    _compile(folder)
    (folder / _STAMP).write_text(_expected_stamp())


def _compile(folder: Path) -> None:
    """Compile to bytecode that is valid in a copy of the folder too, whose files have other times.

    Without valid bytecode each function compiles boto3 when it starts.
    """
    packages = folder / "lib" / RUNTIME / "site-packages"
    _run(sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(packages))


def _run(*command: str) -> None:
    # With these variables the bytecode would be written elsewhere or not at all.
    environment = {name: value for name, value in os.environ.items() if name not in _BYTECODE_ELSEWHERE}
    # pip refuses to install for the user into a virtual environment; this also overrules `user = true` in pip.conf.
    environment["PIP_USER"] = "0"
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise CannotBuild(f"{' '.join(command)}:\n{done.stdout[-2000:]}")
