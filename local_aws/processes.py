"""The functions' worker processes end with the server, however the server ends.

Workers share one process group. Its leader is a shell that waits for the end of a pipe held by the server alone: when
the server is gone, also after kill -9, the leader kills the group, and with it every worker and what it started.
(PR_SET_PDEATHSIG would not do: it follows the *thread* that started the process, and here that thread ends with the
invocation, https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html.)
"""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock

_guard = Lock()
_reaper: "subprocess.Popen[bytes] | None" = None


def start_reaper() -> None:
    """Start the group's leader, unless it runs."""
    worker_group()


def worker_group() -> int:
    """The process group that every worker must be started in: `subprocess.Popen(..., process_group=worker_group())`."""
    global _reaper
    with _guard:
        if _reaper is None or _reaper.poll() is not None:
            _reaper = subprocess.Popen(
                ["/bin/sh", "-c", "read _; kill -9 0"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
                env={},
            )
        return _reaper.pid


class GroupedSubprocess:
    """The `subprocess` module, but what `Popen` starts is in the workers' group."""

    def __getattr__(self, name: str) -> object:
        return getattr(subprocess, name)

    @staticmethod
    def Popen(*arguments: object, **options: object) -> "subprocess.Popen[str]":  # noqa: N802 - the module's name
        """As `subprocess.Popen`."""
        popen = partial(subprocess.Popen, process_group=worker_group())
        return popen(*arguments, **options)


async def end_workers() -> None:
    """End every worker: politely what MiniStack knows of, then whatever is left in the group."""
    runtime = sys.modules.get("ministack.core.lambda_runtime")
    if runtime is not None:
        # A pool of its own: MiniStack's may be full of invocations that wait for these workers.
        await asyncio.get_running_loop().run_in_executor(ThreadPoolExecutor(1), runtime.reset)
    if _reaper is not None and _reaper.stdin is not None:
        _reaper.stdin.close()
        _reaper.wait(5)
