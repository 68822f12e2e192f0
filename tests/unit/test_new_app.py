"""The app that `python -m deploy new` writes passes `make check`, and has the skeleton of all apps."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from deploy.apps import find_apps
from deploy.cli import main
from tests.apps import ROOT

APPS = find_apps(ROOT)
# Every folder and file of the project, without what was built in it.
BUILT = (".git", ".venv", ".local", ".chalice", ".*cache*", ".hypothesis", "__pycache__", "node_modules", "build")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the project with a new app."""
    root = tmp_path_factory.mktemp("new") / "project"
    shutil.copytree(ROOT, root, symlinks=True, ignore=shutil.ignore_patterns(*BUILT))
    assert main(["--root", str(root), "new", "newcomer"]) == 0
    return root


def run(checkout: Path, *command: str, **variables: str) -> str:
    """What a program of the environment prints; it must succeed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    program = f"{sysconfig.get_path('scripts')}/{command[0]}"
    done = subprocess.run(
        [program, *command[1:]], cwd=checkout, env=environment | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_linter_the_types_and_the_template_are_as_they_should_be(checkout):
    run(checkout, "ruff", "check", "newcomer_app")
    run(checkout, "ruff", "format", "--check", "newcomer_app")
    files = ["newcomer_app/app.py", "newcomer_app/tasks.py", "newcomer_app/chalicelib"]
    run(checkout, "mypy", "--cache-dir", str(ROOT / ".mypy_cache"), *files, MYPYPATH="newcomer_app")
    run(checkout, "cfn-lint", "newcomer_app/resources.yaml")


def test_the_imports_point_where_they_should(checkout):
    folders = ":".join([*(app.key for app in APPS), "newcomer_app"])
    assert "chalicelib.newcomer" in (checkout / "pyproject.toml").read_text()
    run(checkout, "lint-imports", "--no-logo", "--no-cache", PYTHONPATH=folders)


def test_the_contract_the_page_and_the_skeleton_are_as_they_should_be(checkout):
    files = ["tests/unit/test_docs.py", "tests/unit/test_docs_apps.py", "tests/unit/test_skeleton.py"]
    others = " and ".join(f"not {app.key}" for app in APPS)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", others, *files]
    run(checkout, Path(command[0]).name, *command[1:])
    run(checkout, Path(sys.executable).name, "-m", "contract", "--check", "--app", "newcomer_app")


def test_its_ports_are_its_own(checkout):
    offsets = [app.port_offset for app in find_apps(checkout)]
    assert len(set(offsets)) == len(offsets)


def test_it_has_the_packages_of_the_other_apps(checkout):
    pinned = (ROOT / "todo_app" / "requirements.txt").read_text().splitlines()
    assert set((checkout / "newcomer_app" / "requirements.txt").read_text().splitlines()) <= set(pinned)


def test_it_has_no_bytecode(checkout):
    assert not list((checkout / "newcomer_app").rglob("*.pyc"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Greeter", "lower-case letters and digits"),
        ("my_notes", "lower-case letters and digits"),
        ("a", "2 to 20"),
        ("n" * 21, "2 to 20"),
        ("../notes", "lower-case letters and digits"),
        ("json", "the name of a Python module"),
        ("boto3", "the name of a Python module"),
        ("common", "the name of a Python module"),
        ("class", "the name of a Python module"),
        ("app", "the name of a Python module"),
        ("todo", "todo_app is there already"),
        ("newcomer_app", "newcomer_app is there already"),
    ],
)
def test_a_name_that_cannot_be_an_apps_is_refused_and_nothing_is_written(checkout, capsys, name, reason):
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    assert main(["--root", str(checkout), "new", name]) == 1
    assert reason in capsys.readouterr().err.replace("\n", " ")
    assert {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()} == before


def test_a_name_of_another_folder_is_refused(checkout, capsys):
    (checkout / "newcomer_app").rename(checkout / "renamed_app")
    try:
        assert main(["--root", str(checkout), "new", "newcomer"]) == 1
        assert "renamed_app has the name newcomer already" in capsys.readouterr().err
    finally:
        (checkout / "renamed_app").rename(checkout / "newcomer_app")


def test_a_file_without_a_place_for_its_row_is_named_and_nothing_is_written(checkout, capsys):
    readme = checkout / "README.md"
    text = readme.read_text()
    readme.write_text("nothing\n")
    try:
        assert main(["--root", str(checkout), "new", "other"]) == 1
        assert "README.md has no table of apps" in capsys.readouterr().err
        assert not (checkout / "other_app").exists()
    finally:
        readme.write_text(text)
