"""Commands of the deploy tool as processes that need not import it: each is forked from one that has done so.

A command is a process of its own as `python -m deploy` is, with its own environment and output. It costs a third of a
second less.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).parents[2]
_BUFFER = 1 << 20


class Forks:
    """A process that has imported the tool, has no threads, and forks for each command."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            descriptor = theirs.fileno()
            command = [sys.executable, "-m", __name__, str(descriptor)]
            # It ends when this process does, and with it the other end of its socket.
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[descriptor], stdin=subprocess.DEVNULL)
        self._lock = Lock()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run one command and wait for its end."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            request = json.dumps([list(arguments), dict(environment)]).encode()
            with self._lock:
                socket.send_fds(self._socket, [request], [output.fileno(), errors.fileno()])
                status = int(self._socket.recv(_BUFFER))
            return subprocess.CompletedProcess(list(arguments), status, _text_of(output), _text_of(errors))


@cache
def forks() -> Forks:
    """The one of this test process."""
    return Forks()


def _text_of(file: "tempfile._TemporaryFileWrapper[bytes]") -> str:
    file.seek(0)
    return file.read().decode()


def serve(requests: socket.socket) -> None:
    """Fork for each request until the other end is closed."""
    from deploy.cli import main  # noqa: PLC0415 - only this process needs it

    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, _BUFFER, 2)
        if not request:
            return
        arguments, environment = json.loads(request)
        pid = os.fork()
        if pid == 0:
            requests.close()
            _run(main, arguments, environment, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


def _run(main, arguments: list[str], environment: dict[str, str], descriptors: list[int]) -> None:
    code = 1
    try:
        for descriptor, own in zip(descriptors, (1, 2), strict=True):
            os.dup2(descriptor, own)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(environment)
        code = main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
