"""Work in a copy of the process: what the caller sees of it."""

import os
import signal
import time

import pytest
from botocore.exceptions import EndpointConnectionError

from deploy.errors import CommandFailed, NotOurs
from deploy.local.apart import run_apart


def test_work_runs_in_another_process(tmp_path):
    seen = []

    def work():
        seen.append(os.getpid())
        (tmp_path / "pid").write_text(str(os.getpid()))

    run_apart(work)
    assert seen == []
    assert (tmp_path / "pid").read_text() != str(os.getpid())


@pytest.mark.parametrize("error", [NotOurs("the bucket is not ours"), KeyboardInterrupt("told to")])
def test_an_error_of_the_tool_is_raised_here(error):
    def work():
        raise error

    with pytest.raises(type(error), match=str(error)):
        run_apart(work)


def test_an_error_of_aws_is_one_line(capfd):
    def work():
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    with pytest.raises(CommandFailed, match="AWS: Could not connect"):
        run_apart(work)
    assert capfd.readouterr().err == ""


def test_a_file_that_cannot_be_used_is_one_line(tmp_path, capfd):
    with pytest.raises(CommandFailed, match=f"^{tmp_path} cannot be used: Is a directory$"):
        run_apart(lambda: print(tmp_path.read_text()))
    assert capfd.readouterr().err == ""


def test_another_error_is_printed_and_the_command_fails(capfd):
    with pytest.raises(CommandFailed, match="the error above"):
        run_apart(lambda: print(1 / 0))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_child_that_is_killed_fails_the_command():
    with pytest.raises(CommandFailed, match="-9"):
        run_apart(lambda: os.kill(os.getpid(), signal.SIGKILL))


def test_the_child_ends_before_an_interrupt_goes_on(tmp_path):
    def interrupt(_, frame):
        # An exception while a process is being copied is ignored by Python's own functions for that.
        if "pipe" in frame.f_locals:
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            raise KeyboardInterrupt

    def work():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        (tmp_path / "pid").write_text(str(os.getpid()))
        while True:
            os.kill(os.getppid(), signal.SIGUSR1)
            time.sleep(0.01)

    previous = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_apart(work)
    finally:
        signal.signal(signal.SIGUSR1, previous)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
