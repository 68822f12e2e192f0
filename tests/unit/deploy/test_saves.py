"""Which apps are deployed after which saves, and what is said about it."""

import shutil

import pytest

from deploy.apps import App
from deploy.errors import CommandFailed
from deploy.local.saves import Saves


class Deployments:
    """A stand-in for deployments: what was deployed, and what a deployment does."""

    def __init__(self) -> None:
        self.deployed = []
        self.said = []
        self.during = lambda: None
        self.changes = 1

    def deploy(self, app):
        self.deployed.append((app.key, (app.folder / "app.py").read_text().splitlines()[-1]))
        during, self.during = self.during, lambda: None
        during()
        return self.changes

    def say(self, app, text, is_failure):
        self.said.append((app.key, text, is_failure))

    def fail_with(self, text, before=lambda: None):
        def fail():
            before()
            raise CommandFailed(text)

        self.during = fail


@pytest.fixture
def deployments():
    return Deployments()


@pytest.fixture
def saves(app, deployments):
    made = Saves(deployments.deploy, deployments.say, now=lambda: 0.0)
    made.note_deployed([app])
    return made


def save(app, line, name="app.py"):
    (app.folder / name).write_text(f"{(app.folder / name).read_text()}\n{line}")


def test_nothing_is_deployed_if_no_content_has_changed(app, saves, deployments):
    source = app.folder / "app.py"
    source.write_text(source.read_text())
    (app.folder / ".app.py.swp").write_text("an editor's")
    saves.deploy_changed([app])
    assert deployments.deployed == []


def test_files_that_are_saved_together_are_deployed_once(app, saves, deployments):
    save(app, "# new")
    save(app, "# new", "stages.yaml")
    saves.deploy_changed([app])
    assert deployments.deployed == [("tiny_app", "# new")]
    assert deployments.said == [("tiny_app", "deployed in 0.0 s: tiny_app/app.py, tiny_app/stages.yaml", False)]
    saves.deploy_changed([app])
    assert len(deployments.deployed) == 1


def test_of_saves_during_a_deployment_the_last_state_is_deployed(app, saves, deployments):
    def save_twice():
        save(app, "# second")
        save(app, "# third")

    save(app, "# first")
    deployments.during = save_twice
    saves.deploy_changed([app])
    assert [line for _, line in deployments.deployed] == ["# first", "# third"]


def test_a_failure_is_told_and_the_next_save_is_deployed(app, saves, deployments):
    deployments.fail_with("tiny_app/app.py:3: SyntaxError: invalid syntax")
    save(app, "# broken")
    saves.deploy_changed([app])
    ((_, text, is_failure),) = deployments.said
    assert is_failure
    assert text.splitlines()[0] == "tiny_app/app.py:3: SyntaxError: invalid syntax"
    assert "goes on serving" in text.splitlines()[1]
    saves.deploy_changed([app])
    assert len(deployments.deployed) == 1, "it is not tried again before the next save"
    save(app, "# mended")
    saves.deploy_changed([app])
    assert deployments.deployed[-1] == ("tiny_app", "# mended")


def test_files_that_are_restored_after_a_failure_are_deployed(app, saves, deployments):
    before = (app.folder / "app.py").read_text()
    deployments.fail_with("half of it is deployed")
    save(app, "# broken")
    saves.deploy_changed([app])
    (app.folder / "app.py").write_text(before)
    saves.deploy_changed([app])
    assert len(deployments.deployed) == 2


def test_files_that_are_restored_after_a_failure_are_said_to_be_those_that_are_deployed(app, saves, deployments):
    before = (app.folder / "app.py").read_text()
    deployments.fail_with("a syntax error")
    save(app, "# broken")
    saves.deploy_changed([app])
    deployments.changes = 0
    (app.folder / "app.py").write_text(before)
    saves.deploy_changed([app])
    save(app, "# without effect", "stages.yaml")
    saves.deploy_changed([app])
    assert [text for _, text, _ in deployments.said[1:]] == [
        "in order again, and as it is deployed: tiny_app/app.py",
        "nothing to deploy: tiny_app/stages.yaml",
    ]


def test_a_failure_of_files_that_change_meanwhile_is_not_told(app, saves, deployments):
    deployments.fail_with("half of a branch", before=lambda: save(app, "# the rest"))
    save(app, "# half")
    saves.deploy_changed([app])
    assert [is_failure for _, _, is_failure in deployments.said] == [False]
    assert deployments.deployed[-1] == ("tiny_app", "# the rest")


def test_a_deleted_file_is_a_change(app, saves, deployments):
    (app.folder / "chalicelib").mkdir()
    (app.folder / "chalicelib" / "rules.py").write_text("")
    saves.deploy_changed([app])
    (app.folder / "chalicelib" / "rules.py").unlink()
    saves.deploy_changed([app])
    assert [text for _, text, _ in deployments.said] == ["deployed in 0.0 s: tiny_app/chalicelib/rules.py"] * 2


def test_a_change_of_shared_code_concerns_every_app(app, saves, deployments):
    shared = app.folder.parent / "common"
    shared.mkdir()
    (shared / "values.py").write_text("")
    (app.folder / "vendor").mkdir()
    (app.folder / "vendor" / "common").symlink_to("../../common")
    other = App(shutil.copytree(app.folder, app.folder.parent / "other_app", symlinks=True))
    saves.note_deployed([app, other])
    (shared / "values.py").write_text("LIMIT = 1\n")
    saves.deploy_changed([app, other])
    assert [(key, text) for key, text, _ in deployments.said] == [
        ("tiny_app", "deployed in 0.0 s: common/values.py"),
        ("other_app", "deployed in 0.0 s: common/values.py"),
    ]


def test_an_app_whose_folder_is_being_removed_is_not_deployed(app, saves, deployments):
    (app.folder / "app.py").unlink()
    saves.deploy_changed([app])
    assert deployments.deployed == []
