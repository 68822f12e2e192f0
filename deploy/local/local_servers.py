"""The servers that stage local has in place of services outside AWS: children of `run`, declared in stages.yaml."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.apps import App
from deploy.checkout import Checkout
from deploy.environment import scrubbed
from deploy.errors import CommandFailed
from deploy.local.embedded_aws import end_with_parent, require_free
from deploy.settings import LocalServer
from deploy.target import LOCAL

_HOST = "127.0.0.1"
_START_SECONDS = 60
_STOP_SECONDS = 10
_TOOL_CHECKOUT = Path(__file__).parents[2]


@dataclass
class LocalServers:
    """The local servers of all apps, and their processes."""

    checkout: Checkout
    port: int
    apps: list[App]
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> dict[str, str]:
        """Start them and wait until they answer; returns their URLs by name.

        Raises
        ------
        DeployError
            A port is taken.
        CommandFailed
            A server ended at once, or does not answer.
        """
        declared = dict(self._declared())
        for server in declared.values():
            require_free(self._port_of(server))
        for name, server in declared.items():
            self._processes[name] = self._process(name, server)
        for name, server in declared.items():
            self._wait_until_it_answers(name, self._port_of(server))
        return {name: f"http://{_HOST}:{self._port_of(server)}" for name, server in declared.items()}

    def require_running(self) -> None:
        """Raise CommandFailed, with the end of its log, when a server has ended by itself."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                tail = self._log_file(name).read_text(errors="replace")[-3000:]
                raise CommandFailed(f"the server {name} stopped; the end of {self._log_file(name)}:\n{tail}")

    def stop(self) -> None:
        """End them."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _declared(self) -> Iterator[tuple[str, LocalServer]]:
        for app in self.apps:
            yield from app.stage(LOCAL).servers.items()

    def _port_of(self, server: LocalServer) -> int:
        return self.port + server.port_offset

    def _log_file(self, name: str) -> Path:
        return self.checkout.local / f"{name}.log"

    def _process(self, name: str, server: LocalServer) -> subprocess.Popen[bytes]:
        state = self.checkout.local / name
        state.mkdir(exist_ok=True)
        command = [sys.executable, "-m", server.module, "--port", str(self._port_of(server)), "--state-dir", str(state)]
        with self._log_file(name).open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=_TOOL_CHECKOUT,
                env=scrubbed(os.environ, {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def _wait_until_it_answers(self, name: str, port: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not _is_open(port):
            self.require_running()
            if time.monotonic() > deadline:
                raise CommandFailed(f"the server {name} does not answer; see {self._log_file(name)}")
            time.sleep(0.05)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0
