"""What commands say and how they end."""

from deploy import commands
from deploy.cli import main
from deploy.target import Target


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
