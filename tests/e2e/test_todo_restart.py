"""A user's data survives a stop and a kill of the embedded AWS."""

import pytest

from local_aws.testing import wait_until_saved
from tests.e2e.local_stage import ROOT, LocalStage, copy_checkout
from tests.e2e.todo.user import TodoUser


@pytest.fixture(scope="module")
def own_stage(tmp_path_factory):
    """A stage of this module's own: it is stopped and killed."""
    local = LocalStage(copy_checkout(ROOT, tmp_path_factory.mktemp("todo"), ["todo_app"])).start()
    yield local
    if local.process:
        local.stop()


def _with_data(stage):
    user = TodoUser(stage).sign_up().sign_in()
    user.add("kept")
    user.client("s3").put_object(Bucket=user.config["bucket"], Key=f"{user.folder}/kept.txt", Body=b"kept")
    return user


def _read_again(stage, before):
    user = TodoUser(stage, before.username, before.password).sign_in()
    file = user.client("s3").get_object(Bucket=user.config["bucket"], Key=f"{user.folder}/kept.txt")
    assert user.folder == before.folder
    return user.titles(), file["Body"].read()


def test_a_restart_keeps_users_todos_files_and_tokens(own_stage):
    before = _with_data(own_stage)
    assert own_stage.stop() == 0
    own_stage.start()
    assert _read_again(own_stage, before) == (["kept"], b"kept")
    before.tokens["IdToken"] = before.refresh()["IdToken"]
    assert before.titles() == ["kept"]


def test_after_kill_9_the_saved_state_is_restored_and_up_repairs_the_rest(own_stage):
    before = _with_data(own_stage)
    wait_until_saved(own_stage.root / ".local" / "aws" / "logs" / "server.log", own_stage.client("sts"))
    own_stage.kill()
    own_stage.start()
    assert _read_again(own_stage, before) == (["kept"], b"kept")
