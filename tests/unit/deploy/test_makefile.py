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


@pytest.fixture
def checkout(tmp_path):
    """A folder with the Makefile and nothing installed."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").touch()
    (tmp_path / "local_aws").mkdir()
    shutil.copy(ROOT / "local_aws" / "pyproject.toml", tmp_path / "local_aws")
    return tmp_path


def make(folder, *arguments, **variables):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_make_alone_prints_every_target_in_one_line(checkout):
    targets = re.findall(r"^\.PHONY: (\w+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    printed = make(checkout).stdout.splitlines()
    assert [line.split()[1] for line in printed] == targets
    assert all(len(line.split()) > 3 for line in printed)


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


def test_a_working_environment_is_kept(checkout):
    first = make(checkout, ".venv/made.stamp")
    assert first.returncode == 0, first.stderr
    (checkout / ".venv" / "kept").touch()
    (checkout / ".venv" / "made.stamp").unlink()
    assert make(checkout, ".venv/made.stamp").returncode == 0
    assert (checkout / ".venv" / "kept").exists()


def wheel(folder: Path) -> Path:
    """The smallest package that pip installs: a module `smallest`."""
    path = folder / "smallest-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("smallest.py", "")
        archive.writestr("smallest-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: smallest\nVersion: 1.0\n")
        archive.writestr(
            "smallest-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("smallest-1.0.dist-info/RECORD", "")
    return path


@pytest.mark.parametrize("place", ["environment", "configuration file"])
def test_a_pip_that_installs_for_the_user_installs_into_the_environment(checkout, place):
    package = wheel(checkout)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    # `run.stamp` also installs the embedded AWS, which takes more than this checkout has.
    assert make(checkout, ".venv/made.stamp").returncode == 0
    (checkout / ".venv" / "run.stamp").touch()
    (checkout / "requirements" / "dev.txt").write_text(f"{package} --hash=sha256:{digest}\n")
    (checkout / "pip.conf").write_text("[global]\nuser = true\n")
    variables = {"PIP_USER": "1"} if place == "environment" else {"PIP_CONFIG_FILE": str(checkout / "pip.conf")}
    done = make(checkout, ".venv/dev.stamp", **variables)
    assert done.returncode == 0, done.stderr
    assert list((checkout / ".venv").glob("lib/*/site-packages/smallest.py"))
