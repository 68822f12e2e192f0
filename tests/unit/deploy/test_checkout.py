"""One run per checkout, and an error of one line for what prevents it."""

import os
import socket
import subprocess
import sys
import threading

import pytest

from deploy.checkout import Checkout, Run
from deploy.cli import main
from deploy.errors import CommandFailed, DeployError, StageNotUp
from deploy.local.embedded_aws import EmbeddedAws, require_free


def test_a_checkout_is_locked_by_one_run(tmp_path):
    checkout = Checkout(tmp_path)
    assert not checkout.is_locked()
    with checkout.lock_for_run():
        assert checkout.is_locked()
        with pytest.raises(DeployError, match="already runs"):
            checkout.lock_for_run()
    assert not checkout.is_locked()


def test_a_deployment_waits_for_another_one_and_says_so_once(tmp_path):
    checkout, said = Checkout(tmp_path), []
    first = checkout.lock_for_deployment()

    def say(text):
        said.append(text)
        threading.Timer(0.3, first.close).start()

    with checkout.lock_for_deployment(say):
        assert len(said) == 1
        assert (
            f"another deployment from this checkout is in progress: stop it with Ctrl-C or `kill {os.getpid()}`"
            in said[0]
        )


def test_a_run_that_ended_is_not_current(tmp_path):
    checkout = Checkout(tmp_path)
    with pytest.raises(StageNotUp):
        checkout.current_run()
    with checkout.lock_for_run():
        checkout.record_run(Run(1, "http://127.0.0.1:1", "", "", 0, 0, {}))
    with pytest.raises(StageNotUp, match="make run"):
        checkout.current_run()


def test_outputs_of_a_stage_that_is_not_up_are_one_line(app, capsys):
    assert main(["--root", str(app.folder.parent), "outputs"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1


def test_a_taken_port_is_one_line_with_what_to_do(app, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DeployError, match=f"port {port} is taken.*PORT="):
            require_free(port)
        assert main(["--root", str(app.folder.parent), "run", "--port", str(port)]) == 1
    assert f"port {port} is taken" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["abc", "70000", "80", "-1", ""])
def test_an_invalid_port_is_named_in_the_error(app, capsys, port, monkeypatch):
    with pytest.raises(SystemExit):
        main(["--root", str(app.folder.parent), "run", f"--port={port}"])
    assert f"{port} is not a port from 1024 to 65000" in capsys.readouterr().err
    monkeypatch.setenv("PORT", "abc")
    assert main(["--root", str(app.folder.parent), "outputs"]) == 1, "PORT is read by `run` only"


@pytest.mark.parametrize("minutes", ["-5", "0", "1h"])
def test_a_time_without_log_lines_is_refused(app, capsys, minutes):
    with pytest.raises(SystemExit):
        main(["--root", str(app.folder.parent), "logs", f"--minutes={minutes}"])
    assert f"{minutes} is not a number of minutes" in capsys.readouterr().err


def test_the_error_says_that_the_server_was_killed(tmp_path):
    server = EmbeddedAws(Checkout(tmp_path), 1, [])
    server.log_file.parent.mkdir(exist_ok=True)
    server.log_file.touch()
    server.process = subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    server.process.wait()
    with pytest.raises(CommandFailed, match="killed by SIGKILL"):
        server.require_running()
