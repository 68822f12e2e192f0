"""The tasks that `run` keeps running."""

import re
import signal

import pytest

from deploy.checkout import Checkout
from deploy.local.live_tasks import LiveTasks
from local_aws.testing import wait_until


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def declare(app, *lines):
    path = app.folder / "stages.yaml"
    path.write_text(path.read_text().replace("  local:\n", f"  local:\n    live_tasks: {list(lines)}\n", 1))


@pytest.fixture
def behaviour(tmp_path):
    """A stand-in for `python -m deploy`: it prints its arguments, and does what the file `behaviour` says."""
    tool = tmp_path / "tool"
    (tool / "deploy").mkdir(parents=True)
    (tool / "deploy" / "__main__.py").write_text(
        "import sys, time, pathlib\nprint(sys.argv[1:], flush=True)\nexec(pathlib.Path('behaviour').read_text())\n"
    )
    return tool / "behaviour"


@pytest.fixture
def tasks(app, behaviour):
    checkout = Checkout(app.folder.parent)
    checkout.local.mkdir()
    made = LiveTasks(checkout, [app], behaviour.parent, Clock())
    yield made
    made.stop()


def ended(tasks):
    """Wait until the only task has ended."""
    (task,) = tasks.tasks
    wait_until(lambda: task.process.poll() is not None, "the task has ended")
    return task


def log_of(tasks, name):
    return (tasks.checkout.local / name).read_text()


def test_a_task_runs_with_its_arguments_until_run_ends(app, tasks, behaviour, capsys):
    behaviour.write_text("time.sleep(900)")
    declare(app, "simulate --devices 5", 'greet "dear reader"')
    tasks.start()
    assert f"runs simulate --devices 5; its log is .local/{app.name}-simulate.log" in capsys.readouterr().out
    first, second = (task.process for task in tasks.tasks)
    expected = ["--root", str(app.folder.parent), "task", app.key, "simulate", "--devices", "5"]
    wait_until(lambda: log_of(tasks, f"{app.name}-simulate.log") == f"{expected}\n", "its log")
    wait_until(lambda: "'greet', 'dear reader'" in log_of(tasks, f"{app.name}-greet-2.log"), "the other's log")
    tasks.watch()
    tasks.stop()
    assert [first.returncode, second.returncode] == [-signal.SIGTERM] * 2


def test_a_task_that_fails_is_reported_and_started_again_after_a_growing_pause(app, tasks, behaviour, capsys):
    behaviour.write_text("sys.exit('no such device')")
    declare(app, "simulate")
    tasks.start()
    for pause in (2, 4, 8, 16, 32, 60, 60):
        task = ended(tasks)
        tasks.watch()
        printed = re.sub(r"\s+", " ", capsys.readouterr().out)
        assert f"simulate ended with status 1, and starts again in {pause} s: no such device" in printed
        tasks.now.seconds += pause - 0.1
        tasks.watch()
        assert task.process is None
        tasks.now.seconds += 0.2
        tasks.watch()
        assert task.process is not None


def test_a_task_that_failed_after_a_long_time_starts_again_soon(app, tasks, behaviour, capsys):
    behaviour.write_text("sys.exit(3)")
    declare(app, "simulate")
    tasks.start()
    for _ in range(2):
        ended(tasks)
        tasks.now.seconds += 3_600
        tasks.watch()
        assert "starts again in 2 s" in capsys.readouterr().out
        tasks.now.seconds += 2.1
        tasks.watch()


def test_a_task_that_is_finished_is_not_started_again(app, tasks, behaviour, capsys):
    behaviour.write_text("")
    declare(app, "simulate")
    tasks.start()
    task = ended(tasks)
    tasks.watch()
    assert "simulate is finished" in capsys.readouterr().out
    tasks.now.seconds += 3_600
    tasks.watch()
    assert task.process is None


def test_a_task_of_an_app_whose_folder_is_gone_is_not_started_again(app, tasks, behaviour, capsys):
    behaviour.write_text("sys.exit(1)")
    declare(app, "simulate")
    tasks.start()
    task = ended(tasks)
    (app.folder / "stages.yaml").unlink()
    tasks.watch()
    assert "simulate is finished" in capsys.readouterr().out
    assert task.process is None


def test_the_tasks_of_an_app_that_is_added_run_too(app, tasks, behaviour):
    behaviour.write_text("time.sleep(900)")
    declare(app, "simulate")
    tasks.apps = []
    tasks.start()
    assert tasks.tasks == []
    tasks.add(app)
    assert [task.title for task in tasks.tasks] == ["simulate"]


def test_tasks_end_with_their_app_and_start_when_it_is_deployed_again(app, tasks, behaviour, capsys):
    # The first one ends when it is told to; the second one does not.
    behaviour.write_text(
        "import signal\n"
        "if 'stubborn' in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\ntime.sleep(900)"
    )
    declare(app, "simulate", "stubborn")
    tasks.start()
    first, second = (task.process for task in tasks.tasks)
    wait_until(lambda: "ready" in log_of(tasks, f"{app.name}-stubborn-2.log"), "it ignores SIGTERM")
    tasks.watch([app.key])
    assert "tiny_app is removed: simulate ends" in capsys.readouterr().out
    wait_until(lambda: first.poll() == -signal.SIGTERM, "the first one's end")
    tasks.watch()
    assert [task.title for task in tasks.tasks] == ["stubborn"], "none starts before all have ended"
    tasks.now.seconds += 20.1
    tasks.watch()
    wait_until(lambda: second.poll() == -signal.SIGKILL, "the second one's end")
    tasks.watch([app.key])
    assert tasks.tasks == []
    tasks.watch()
    assert [task.process.poll() for task in tasks.tasks] == [None, None]


def test_a_task_that_waits_to_start_again_does_not_once_its_app_is_removed(app, tasks, behaviour, capsys):
    behaviour.write_text("sys.exit(1)")
    declare(app, "simulate")
    tasks.start()
    ended(tasks)
    tasks.watch()
    capsys.readouterr()
    tasks.now.seconds += 3_600
    tasks.watch([app.key])
    assert (tasks.tasks, capsys.readouterr().out) == ([], "")


def test_an_app_without_live_tasks_starts_none(tasks):
    tasks.start()
    tasks.watch()
    assert tasks.tasks == []
