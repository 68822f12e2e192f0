"""Starts every execution environment, as a fork or as a new process, from a thread that cannot override permissions.

Deployed code is read-only on Lambda. If the embedded AWS runs as root (containers, CI), file modes do not keep a
function from writing there, because root has CAP_DAC_OVERRIDE. Capabilities belong to threads and are inherited by the
processes that they start. This thread drops that capability and the server keeps it
(https://man7.org/linux/man-pages/man7/capabilities.7.html).
"""

import ctypes
import logging
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from local_aws.services.lambda_.default_variables import DEFAULT_VARIABLES
from local_aws.services.lambda_.forking import ForkedProcess, ForkRequest, ForkServer, ForkServerEnded

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1
_log = logging.getLogger(__name__)


def _give_up_override() -> None:
    # This fails without root's capabilities, when there is nothing to drop.
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


_thread = ThreadPoolExecutor(1, "function-spawner", initializer=_give_up_override)


_fork_servers: dict[Sequence[str], ForkServer] = {}


class NewProcess(subprocess.Popen[bytes]):
    """An environment that is not forked. `exit_descriptor` becomes readable when it ends."""

    exit_descriptor: int


def start(command: tuple[str, ...], request: ForkRequest) -> ForkedProcess | NewProcess:
    """Start an environment in that thread. `command` runs bootstrap.py."""
    return _thread.submit(_start, command, request).result()


def _start(command: tuple[str, ...], request: ForkRequest) -> ForkedProcess | NewProcess:
    try:
        if command not in _fork_servers:
            _fork_servers[command] = ForkServer(command, DEFAULT_VARIABLES)
        if _fork_servers[command].may_fork(request):
            return _fork_servers[command].fork(request)
    except ForkServerEnded:
        _log.warning("functions start without the fork server, which has ended")
        if ended := _fork_servers.pop(command, None):
            ended.close()
    return _new_process(command, request)


def _new_process(command: tuple[str, ...], request: ForkRequest) -> NewProcess:
    *passed, log = request.descriptors
    process = NewProcess(
        [*command, request.token, *map(str, (*passed, *request.layers))],
        cwd=request.cwd,
        env=request.variables,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=passed,
        start_new_session=True,
    )
    process.exit_descriptor = os.pidfd_open(process.pid)
    return process
