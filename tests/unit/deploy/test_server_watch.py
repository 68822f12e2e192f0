"""A command ends with the embedded AWS that it needs, and says how that ended."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from deploy.checkout import Checkout, Run
from deploy.cli import main
from deploy.errors import CommandFailed
from deploy.local.embedded_aws import EmbeddedAws
from deploy.local.server_watch import ending_with


@pytest.fixture
def server():
    """A process in place of the embedded AWS."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    yield process
    process.kill()
    process.wait()


def test_a_command_that_waits_is_left_when_the_server_is_killed(server):
    never = threading.Event()
    threading.Timer(0.1, server.kill).start()
    with pytest.raises(CommandFailed, match="it ended"), ending_with(server.pid, lambda: "it ended"):
        never.wait()


def test_code_that_catches_every_exception_does_not_catch_the_end(server):
    def as_botocore() -> None:
        try:
            server.kill()
            signal.pause()
        except Exception as error:
            raise AssertionError("caught, to be tried again") from error

    with pytest.raises(CommandFailed), ending_with(server.pid, lambda: "it ended"):
        as_botocore()


def test_a_server_that_has_ended_before_is_noticed(server):
    server.kill()
    server.wait()
    with pytest.raises(CommandFailed, match="it ended"), ending_with(server.pid, lambda: "it ended"):
        pass


def test_nothing_happens_when_the_server_ends_after_the_command(server):
    before = signal.getsignal(signal.SIGUSR1)
    with ending_with(server.pid, lambda: "it ended"):
        pass
    server.kill()
    server.wait()
    assert signal.getsignal(signal.SIGUSR1) is before


def test_another_command_says_how_the_server_of_make_run_ended(app, server, monkeypatch, capsys):
    checkout = Checkout(app.folder.parent)
    with checkout.lock_for_run():
        checkout.record_run(Run(1, "http://127.0.0.1:1", "", "", os.getpid(), server.pid, {}))
        run = EmbeddedAws(checkout, 1, [], process=server)
        run.log_file.touch()

        def status(_: object) -> None:
            # As `make run` does at that moment.
            threading.Thread(target=run.reason_of_end).start()
            server.kill()
            signal.pause()

        monkeypatch.setattr("deploy.cli.is_server", lambda pid, _: pid == server.pid)
        monkeypatch.setattr("deploy.commands.status", status)
        assert main(["--root", str(checkout.root), "status"]) == 1
    assert capsys.readouterr().err == "the embedded AWS stopped, killed by SIGKILL\n"


def test_a_server_that_does_not_answer_is_named(app, server, capsys):
    checkout = Checkout(app.folder.parent)
    with checkout.lock_for_run():
        checkout.record_run(Run(1, "http://127.0.0.1:1", "", "", os.getpid(), server.pid, {}))
        assert main(["--root", str(checkout.root), "status"]) == 1
    assert f"(process {server.pid}) does not answer" in capsys.readouterr().err


def test_a_locked_checkout_names_the_process_that_has_the_lock(tmp_path, app, capsys):
    with Checkout(app.folder.parent).lock_for_run():
        assert main(["--root", str(app.folder.parent), "reset"]) == 1
    assert f"`kill {os.getpid()}`" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_line(app, capsys):
    (app.folder.parent / ".local").write_text("a file in its way")
    assert main(["--root", str(app.folder.parent), "run"]) == 1
    assert capsys.readouterr().err == f"{app.folder.parent / '.local'} cannot be used: File exists\n"


def test_a_run_that_has_just_begun_is_not_taken_for_one_that_stopped(app, server, capsys):
    checkout = Checkout(app.folder.parent)
    server.kill()
    server.wait()
    with checkout.lock_for_run():
        checkout.record_run(Run(1, "http://127.0.0.1:1", "", "", os.getpid(), server.pid, {}))
        assert main(["--root", str(checkout.root), "status"]) == 1
    assert "does not answer: wait if it has just been started" in capsys.readouterr().err


def test_it_ends_with_its_block_though_a_copy_of_this_process_goes_on():
    with subprocess.Popen(["sleep", "900"]) as server:
        with ending_with(server.pid, lambda: "stopped"):
            copy = os.fork()
            if not copy:
                signal.pause()
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)
        server.kill()
