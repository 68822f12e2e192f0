"""`make` prints its targets, and one line for what is missing."""

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def new_checkout(folder: Path) -> Path:
    """A folder with the Makefile and nothing installed."""
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements").mkdir()
    (folder / "requirements" / "run.txt").touch()
    (folder / "local_aws").mkdir()
    shutil.copy(ROOT / "local_aws" / "pyproject.toml", folder / "local_aws")
    return folder


@pytest.fixture
def checkout(tmp_path):
    return new_checkout(tmp_path)


@pytest.fixture(scope="module")
def made_checkout(tmp_path_factory):
    """A checkout with an empty environment, which `make` has made: that takes seconds."""
    folder = new_checkout(tmp_path_factory.mktemp("made"))
    # Two at once, as in two terminals.
    command, environment = ["make", ".venv/made.stamp"], {"PATH": os.environ["PATH"], "HOME": str(folder)}
    both = [subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    (folder / "printed").write_text("".join(process.communicate()[0] for process in both))
    assert [process.returncode for process in both] == [0, 0]
    return folder


def make(folder, *arguments, **variables):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_make_alone_prints_every_target_in_one_line(checkout):
    targets = re.findall(r"^\.PHONY: ([\w-]+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    printed = make(checkout).stdout.splitlines()
    assert [line.split()[1] for line in printed] == targets
    assert all(len(line.split()) > 3 for line in printed)


def test_two_at_once_make_one_environment(made_checkout):
    assert (made_checkout / "printed").read_text().count("making .venv") == 1


def test_a_missing_python_is_one_line(checkout):
    done = make(checkout, "run", "PYTHON=/nonexistent/python3.11")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("no /nonexistent/python3.11 here: install Python 3.11 or newer")
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_one_line(checkout):
    old = checkout / "python3.9"
    # It answers the question for its version as an old one would.
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make(checkout, "run", f"PYTHON={old}")
    assert done.returncode != 0
    assert f"{old} is older than Python 3.11: make PYTHON=" in done.stderr.splitlines()[0]
    assert not (checkout / ".venv").exists()


def test_a_working_environment_is_kept(made_checkout):
    environment = made_checkout / ".venv"
    (environment / "kept").touch()
    (environment / "made.stamp").unlink()
    assert make(made_checkout, ".venv/made.stamp").returncode == 0
    assert (environment / "kept").exists()


def wheel(folder: Path, module: str) -> Path:
    """The smallest package that pip installs: one empty module."""
    path = folder / f"{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{module}.py", "")
        archive.writestr(f"{module}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        archive.writestr(
            f"{module}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{module}-1.0.dist-info/RECORD", "")
    return path


@pytest.mark.parametrize("place", ["variable", "file"])
def test_a_pip_that_installs_for_the_user_installs_into_the_environment(made_checkout, tmp_path, place):
    module = f"for_{place}"
    package = wheel(tmp_path, module)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    (made_checkout / "requirements" / "dev.txt").write_text(f"{package} --hash=sha256:{digest}\n")
    # `run.stamp` also installs the embedded AWS, which takes more than this checkout has.
    (made_checkout / ".venv" / "run.stamp").touch()
    (made_checkout / ".venv" / "dev.stamp").unlink(missing_ok=True)
    (tmp_path / "pip.conf").write_text("[global]\nuser = true\n")
    variables = {"PIP_USER": "1"} if place == "variable" else {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    done = make(made_checkout, ".venv/dev.stamp", **variables)
    assert done.returncode == 0, done.stderr
    assert list((made_checkout / ".venv").glob(f"lib/*/site-packages/{module}.py"))
