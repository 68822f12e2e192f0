"""`dev` of one app, beside a stage."""

import signal
import subprocess
from contextlib import contextmanager

import pytest
import requests

from local_aws.testing import free_port, wait_until
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
        assert process.wait() == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://localhost:{port}/api")


def answer_of(url, wanted, **arguments):
    """The first response that meets the condition."""

    def look():
        try:
            return requests.get(url, **arguments)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            # The second is a response that the server has begun when it restarts.
            return None

    return wait_until(look, f"{url} answers", until=lambda response: response is not None and wanted(response))
