"""Starts execution environments as copies of a process that has imported the packages of Lambda's runtime.

A copy shares the memory of these packages with the others, and a cold start does not read them again. It behaves as a
process of its own: it has its own variables, working directory, descriptors, session and modules
(`fork_server.Preloaded`). What the interpreter reads at its start cannot differ: environments with such variables,
and with packages of the same names, are started as new processes (`may_fork`).
"""

import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).with_name("fork_server.py")
_START_SECONDS = 20.0
_MAX_BYTES = 1 << 16
# Read by the interpreter or by libraries at their start; TZ is read again.
_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "MALLOC_", "GLIBC_", "OPENSSL_")


class ForkServerEnded(Exception):
    """The fork server has ended, or does not answer."""


class ForkedProcess:
    """A forked environment, used as `subprocess.Popen`. Its status arrives when it has ended."""

    def __init__(self, status: int) -> None:
        self.exit_descriptor = status
        self.returncode: int | None = None
        line = self._line(_START_SECONDS)
        if not line:
            os.close(status)
            raise ForkServerEnded
        self.pid = int(line)

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._read(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit status.

        Raises
        ------
        subprocess.TimeoutExpired
            It is still running.
        """
        status = self._read(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return status

    def _read(self, timeout: float | None) -> int | None:
        if self.returncode is None and (line := self._line(timeout)) is not None:
            # Without a status the fork server has been killed.
            self.returncode = int(line or -signal.SIGKILL)
        return self.returncode

    def _line(self, timeout: float | None) -> bytes | None:
        """Read a line; None after the timeout, empty if the fork server has ended."""
        poll = select.poll()
        poll.register(self.exit_descriptor, select.POLLIN)
        if not poll.poll(None if timeout is None else timeout * 1000):
            return None
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self.exit_descriptor, 1)):
            line += byte
        return line


@dataclass(frozen=True)
class ForkRequest:
    """The parameters of one environment. `descriptors` are those of its requests, answers, lifeline and log."""

    token: str
    cwd: Path
    variables: dict[str, str]
    layers: Sequence[Path]
    descriptors: tuple[int, int, int, int]


class ForkServer:
    """The process that environments are forked from, started with the first one. One thread uses it."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            descriptor = other.fileno()
            self._process = subprocess.Popen(
                [*command, "fork", str(PROGRAM), str(descriptor)],
                cwd="/",
                # Without HOME, the interpreter looks for it in another module at its start.
                env={"HOME": "/", **variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(descriptor,),
                start_new_session=True,
            )
        self._socket.settimeout(_START_SECONDS)
        self._packages = frozenset(json.loads(self._receive()))

    def _receive(self) -> bytes:
        try:
            message = self._socket.recv(_MAX_BYTES)
        except OSError as error:
            self.close()
            raise ForkServerEnded from error
        if not message:
            self.close()
            raise ForkServerEnded
        return message

    def may_fork(self, request: ForkRequest) -> bool:
        """Whether the function does not need a new interpreter."""
        differing = {
            name
            for name in {*request.variables, *self._variables}
            if name.startswith(_READ_AT_START) and request.variables.get(name) != self._variables.get(name)
        }
        return not differing and self._packages.isdisjoint(_importable((request.cwd, *request.layers)))

    def fork(self, request: ForkRequest) -> ForkedProcess:
        """Fork an environment.

        Raises
        ------
        ForkServerEnded
            It has not forked.
        """
        message = {
            "token": request.token,
            "cwd": str(request.cwd),
            "variables": request.variables,
            "layers": [str(layer) for layer in request.layers],
        }
        status, status_out = os.pipe()
        try:
            socket.send_fds(self._socket, [json.dumps(message).encode()], [*request.descriptors, status_out])
        except OSError as error:
            os.close(status)
            raise ForkServerEnded from error
        finally:
            os.close(status_out)
        return ForkedProcess(status)

    def close(self) -> None:
        """End it. Environments that run go on, but are reported as killed."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _importable(folders: Iterable[Path]) -> Iterable[str]:
    """The names of modules and packages in a function's folders."""
    for folder in folders:
        for path in (folder, folder / "python", *folder.glob("python/lib/*/site-packages")):
            if path.is_dir():
                yield from (entry.name.partition(".")[0] for entry in os.scandir(path))
