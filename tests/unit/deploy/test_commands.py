"""What commands say and how they end."""

import os
import shutil
import subprocess
import sys
from typing import ClassVar

import pytest

from deploy import commands
from deploy.cli import main
from deploy.steps.chalice_record import record_path
from deploy.target import Target
from tests.apps import ROOT


def test_dev_without_an_app_says_how_make_is_told(app, capsys, monkeypatch):
    other = app.folder.parent / "other_app"
    other.mkdir()
    for name in ("app.py", "resources.yaml", "stages.yaml"):
        (other / name).write_text((app.folder / name).read_text() if (app.folder / name).exists() else "")
    monkeypatch.setattr(commands, "target_of", lambda *_: Target("local", "us-east-1"))
    assert main(["--root", str(app.folder.parent), "dev"]) == 1
    assert "`make dev APP=other_app`" in capsys.readouterr().err


def test_ctrl_c_ends_followed_logs_without_an_error(app, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "target_of", lambda *_: Target("local", "us-east-1"))
    monkeypatch.setattr(commands, "follow", interrupted)
    assert main(["--root", str(app.folder.parent), "logs", "--follow"]) == 0


def test_files_are_read_as_utf8_whatever_the_locale(app):
    # An app's tasks read files too, when they are loaded.
    tasks = "TEXT = open(__file__).read()  # Zoë ✓\n\n\ndef show(context): ...\n"
    (app.folder / "tasks.py").write_text(tasks, encoding="utf-8")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "deploy", "--root", str(app.folder.parent), "task", app.key]
    done = subprocess.run(command, cwd=ROOT, env=locale, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("show\n", "")


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied", "/x/run.json"), IsADirectoryError(21, "d", "/x/run.json")]
)
def test_a_file_that_cannot_be_used_is_named_in_one_line(app, monkeypatch, capsys, error):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(commands, "target_of", fail)
    assert main(["--root", str(app.folder.parent), "status"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("/x/run.json cannot be used: ")
    assert printed.count("\n") == 1
    assert ("Who owns it?" in printed) == isinstance(error, PermissionError)


class PromotedStage:
    """A stand-in for public stages: which apps' were moved."""

    moved: ClassVar[list[str]] = []

    def __init__(self, app, *_):
        self.app = app

    def publish(self, _):
        self.moved.append(self.app.key)


def test_promote_goes_on_after_an_app_that_is_not_deployed(app, aws, capsys, monkeypatch):
    monkeypatch.setattr(commands, "PublicStage", PromotedStage)
    first = app.folder.parent / "first_app"
    shutil.copytree(app.folder, first)
    (first / "stages.yaml").write_text((first / "stages.yaml").read_text().replace("name: tiny", "name: first"))
    promote = ["--root", str(app.folder.parent), "promote", "--stage", "prod", "--yes"]
    assert main(promote) == 1
    assert capsys.readouterr().err == "first_app has no API in stage prod\ntiny_app has no API in stage prod\n"
    record = record_path(app, "prod")
    record.parent.mkdir(parents=True)
    record.write_text('{"resources": [{"name": "rest_api", "rest_api_id": "an-id"}]}')
    assert main(promote) == 0
    assert PromotedStage.moved == ["tiny_app"]
    assert capsys.readouterr().err == "first_app has no API in stage prod: left out\n"
    assert main([*promote, "--app", "first_app"]) == 1
