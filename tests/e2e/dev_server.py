"""`dev` of one app, beside a stage."""

import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
import requests

from local_aws.testing import free_port
from tests.e2e.local_stage import ROOT


@contextmanager
def dev_server(stage, app, end=signal.SIGINT):
    port = free_port()
    with (stage.root / f"dev-{app}.log").open("ab") as log:
        process = subprocess.Popen(
            stage.command("dev", "--app", app, "--port", str(port)), cwd=ROOT, stdout=log, stderr=log
        )
    try:
        yield f"http://localhost:{port}/api"
    finally:
        process.send_signal(end)
        assert process.wait(30) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://localhost:{port}/api", timeout=10)


def answer_of(url, wanted, **arguments):
    """The first answer that is as wanted."""
    deadline = time.monotonic() + 60
    while True:
        try:
            answer = requests.get(url, timeout=10, **arguments)
            if wanted(answer) or time.monotonic() > deadline:
                return answer
        except requests.ConnectionError:
            assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.1)
