"""Two devices of one user, used from two terminals: offline, edited on both, and synced."""

from datetime import UTC, datetime

import pytest

from common.values import new_id
from tests.e2e.todo.user import TodoUser


@pytest.fixture(scope="module")
def devices(stage):
    """Two devices of one user, by name; each call returns what the user sees."""
    user = TodoUser(stage).sign_up()
    suffix = new_id(datetime.now(UTC))[-6:]

    def use(name, *arguments):
        done = stage.deploy("task", "todo_app", "device", f"{name}-{suffix}", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return [line.strip() for line in done.stdout.splitlines()]

    for name in ("phone", "tablet"):
        use(name, "sign-in", user.username, "--password", user.password)
    return use


def test_devices_edit_offline_and_agree_afterwards(devices):
    assert devices("phone", "add", "Buy milk") == ["1  [ ] Buy milk", "1 change waits for `sync`"]
    devices("phone", "add", "Call home")
    assert devices("phone", "sync") == ["1  [ ] Buy milk", "2  [ ] Call home"]
    assert devices("tablet", "sync") == ["1  [ ] Buy milk", "2  [ ] Call home"]
    # Both are offline and change the same to-do; the tablet deletes one that the phone changes.
    devices("phone", "done", "1")
    devices("phone", "change", "2", "--title", "Call home today")
    devices("tablet", "change", "1", "--title", "Buy two bottles of milk")
    devices("tablet", "delete", "2")
    devices("tablet", "sync")
    told, until, *listed = devices("phone", "sync")
    assert told == "not applied: change title = 'Call home today': The to-do does not exist."
    assert "until `dismiss`" in until
    assert listed == ["1  [x] Buy two bottles of milk"]
    assert devices("phone", "list") == [told, until, *listed]
    assert devices("phone", "dismiss") == listed
    assert devices("tablet", "sync") in (listed, ["1  [ ] Buy two bottles of milk"])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["sync"], "sign in first"),
        (["fly"], "a device can"),
        (["done", "7"], "no number '7'"),
    ],
)
def test_what_a_user_did_wrong_is_said_in_one_line(stage, arguments, reason):
    done = stage.deploy("task", "todo_app", "device", "unused", *arguments)
    assert done.returncode == 1
    assert reason in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
