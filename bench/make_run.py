"""`make run` in a fresh clone, as a newcomer types it: until the table is there, again, and the memory of it all.

The clone is of the last commit. pip's cache is warm, as this very environment was made with it.
"""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.process_tree import descendants, proportional_mb
from bench.result import Limit, Result
from bench.servers import free_base_port
from bench.workspace import ROOT, Workspace

_UP_SECONDS = 400
# What the deployment has called has ended; only the simulated devices and schedules call functions.
_QUIET_SECONDS = 130
_KEPT = ("PATH", "HOME", "LANG", "TERM", "TMPDIR")


def measure(workspace: Workspace) -> list[Result]:
    """Run twice; the memory is that of the first run, while the simulated devices send and after they have ended."""
    clone = workspace.folder / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    port = free_base_port()
    with make_run(clone, port) as run:
        first = run.seconds_until_up()
        _wake(port)
        time.sleep(_QUIET_SECONDS)
        with_devices = proportional_mb(run.process.pid)
        _end_devices(run.process.pid)
        time.sleep(_QUIET_SECONDS)
        idle = proportional_mb(run.process.pid)
    with make_run(clone, port) as run:
        later = run.seconds_until_up()
        up = _seconds_of_up(clone, port)
        stop = run.seconds_until_stopped()
    return [
        _alone("make run, the first time", "s", first, "from `make run` in a fresh clone to its table", Limit(60)),
        _alone("make run, later", "s", later, "the same again, after Ctrl-C", Limit(8)),
        _alone("make run, stopped", "s", stop, "from Ctrl-C until everything is saved and has ended", Limit(8)),
        _alone("deploy up, no change", "s", up, "all six steps of every app, beside that run", None),
        _alone("idle memory of everything", "MB", idle, "proportional set size, first run, no devices", Limit(450)),
        _alone("memory with five devices", "MB", with_devices, "the same while simulated devices send", None),
    ]


def _alone(name: str, unit: str, ours: float, what: str, target: Limit | None) -> Result:
    return Result(name, unit, ours, None, f"none; {what}", target)


@dataclass(frozen=True)
class MakeRun:
    """One started `make run` and what it prints."""

    process: "subprocess.Popen[bytes]"
    log: Path
    started: float

    def seconds_until_up(self) -> float:
        """Wait for the table."""
        while "Up in " not in self.log.read_text(errors="replace"):
            seconds = time.monotonic() - self.started
            if self.process.poll() is not None or seconds > _UP_SECONDS:
                raise RuntimeError(f"make run is not up after {seconds:.0f} s:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)
        return time.monotonic() - self.started

    def seconds_until_stopped(self) -> float:
        """End it as Ctrl-C does, and wait for its end."""
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(_UP_SECONDS)
        return time.monotonic() - began


@contextmanager
def make_run(clone: Path, port: int) -> Iterator[MakeRun]:
    """Start it in a clean environment, and end it as Ctrl-C does."""
    log = clone.with_name("make-run.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=clone,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield MakeRun(process, log, time.monotonic())
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def _environment() -> dict[str, str]:
    # Where packages come from is the machine's affair.
    return {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("PIP_")}


def _seconds_of_up(clone: Path, port: int) -> float:
    started = time.monotonic()
    command = ["make", "--silent", "deploy", "STAGE=local", f"PORT={port}"]
    subprocess.run(command, cwd=clone, env=_environment(), stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def _end_devices(root: int) -> None:
    """Stop the simulated devices, as Ctrl-C in a terminal of their own does."""
    simulators = [pid for pid in descendants(root) if b"simulate" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    if not simulators:
        raise RuntimeError("make run simulates no devices")
    for pid in simulators:
        os.kill(pid, signal.SIGINT)


def _wake(port: int) -> None:
    """Let the API's function run once, so that its process is there."""
    with urllib.request.urlopen(f"http://localhost:{port + 1}/api/config", timeout=60) as response:
        response.read()
