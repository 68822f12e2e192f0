"""The functions' interpreter is built once for its requirements."""

import hashlib
import subprocess
import zipfile

import pytest

from local_aws.services.lambda_ import interpreter

# The flags in the header of bytecode that is valid whatever its source is: https://peps.python.org/pep-0552/
UNCHECKED_HASH = 0b01


def test_the_interpreter_is_built_once_and_has_the_required_packages(tmp_path, monkeypatch):
    # As `make` sets it.
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "elsewhere"))
    progress_messages = []
    python = interpreter.ensure(tmp_path / "runtime", progress_messages.append)
    assert interpreter.ensure(tmp_path / "runtime", progress_messages.append) == python
    assert len(progress_messages) == 1
    printed = subprocess.run(
        [python, "-c", "import boto3, importlib.util as u; print(boto3.__version__, u.find_spec('pip'))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    # A function that finds no valid bytecode compiles boto3 at each start.
    packages = tmp_path / "runtime" / "lib" / interpreter.RUNTIME / "site-packages"
    (bytecode,) = packages.glob("botocore/__pycache__/client.*.pyc")
    assert int.from_bytes(bytecode.read_bytes()[4:8], "little") == UNCHECKED_HASH
    requirement = next(line for line in interpreter.REQUIREMENTS.read_text().splitlines() if line.startswith("boto3=="))
    assert printed.stdout.split() == [requirement.split("==")[1].split()[0], "None"]


def test_the_interpreter_is_built_again_when_the_requirements_change(tmp_path, monkeypatch):
    requirements = tmp_path / "functions.txt"
    monkeypatch.setattr(interpreter, "REQUIREMENTS", requirements)
    progress_messages = []
    for text in ("", "# changed\n", "# changed\n"):
        requirements.write_text(text)
        interpreter.ensure(tmp_path / "runtime", progress_messages.append)
    assert len(progress_messages) == 2


def test_a_failed_build_says_why_and_is_tried_again(tmp_path, monkeypatch):
    requirements = tmp_path / "functions.txt"
    requirements.write_text("boto3==1.43.106\n")  # no hash
    monkeypatch.setattr(interpreter, "REQUIREMENTS", requirements)
    progress_messages = []
    for _ in range(2):
        with pytest.raises(interpreter.CannotBuild, match="hash"):
            interpreter.ensure(tmp_path / "runtime", progress_messages.append)
    assert len(progress_messages) == 2


@pytest.fixture
def one_small_package(tmp_path, monkeypatch):
    """Requirements of one package, which lies beside them: a module `smallest`."""
    package = tmp_path / "smallest-1.0-py3-none-any.whl"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("smallest.py", "")
        archive.writestr("smallest-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: smallest\nVersion: 1.0\n")
        archive.writestr(
            "smallest-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("smallest-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    (tmp_path / "functions.txt").write_text(f"{package} --hash=sha256:{digest}\n")
    monkeypatch.setattr(interpreter, "REQUIREMENTS", tmp_path / "functions.txt")


@pytest.mark.parametrize("place", ["environment", "configuration file"])
@pytest.mark.usefixtures("one_small_package")
def test_a_pip_that_installs_for_the_user_installs_into_the_interpreter(tmp_path, monkeypatch, place):
    (tmp_path / "pip.conf").write_text("[global]\nuser = true\n")
    if place == "environment":
        monkeypatch.setenv("PIP_USER", "1")
    else:
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    interpreter.ensure(tmp_path / "runtime", print)
    assert (tmp_path / "runtime" / "lib" / interpreter.RUNTIME / "site-packages" / "smallest.py").exists()
