"""The embedded AWS and the unextended MiniStack, each a process with ports and a state folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from bench.workspace import FUNCTION_RUNTIME, ROOT, Workspace
from deploy.checkout import answers
from deploy.environment import local_environment, scrubbed

_START_SECONDS = 90


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    port: int

    @property
    def endpoint_url(self) -> str:
        """Where all its services are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to see this server and no other AWS."""
        return scrubbed(os.environ, local_environment(self.endpoint_url))

    def client(self, service: str) -> Any:
        """A client of one service, as root."""
        return botocore.session.Session().create_client(
            service,
            "us-east-1",
            endpoint_url=self.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )


@contextmanager
def embedded_aws(workspace: Workspace) -> Iterator[Running]:
    """Ours, with all its modules."""
    state = workspace.folder / "embedded-aws"
    options = ["--state-dir", str(state), "--function-runtime", str(FUNCTION_RUNTIME)]
    port = free_port()
    with _served(["local_aws", "serve", *options, "--port", str(port)], port, state) as running:
        yield running


@contextmanager
def plain_ministack(workspace: Workspace) -> Iterator[Running]:
    """The reference."""
    state, port = workspace.folder / "plain-ministack", free_port()
    with _served(["bench.plain_ministack", str(port), str(state)], port, state) as running:
        yield running


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_base_port() -> int:
    """Find a port for `make run`: those of its fronts after it are free too, in http and https, and MQTT's."""
    for base in range(21_000, 31_000, 10):
        if all(_is_free(base + offset + front) for offset in (0, 440) for front in range(14)):
            return base
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def _served(module: list[str], port: int, state: Path) -> Iterator[Running]:
    state.mkdir(parents=True, exist_ok=True)
    running = Running(port)
    with (state / "terminal.log").open("wb") as log:
        command, environment = [sys.executable, "-m", *module], scrubbed(os.environ, {})
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(running, process, state / "terminal.log")
        yield running
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        # The unextended MiniStack leaves its functions' processes behind; they are in its group.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(running: Running, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not answers(running.endpoint_url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"a server does not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)
