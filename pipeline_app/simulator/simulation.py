"""A simulation: some devices, spread over processes, with its progress."""

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from simulator.connection import MOST_PUBLISHES_A_SECOND, Connection, Endpoint, tls_context
from simulator.fleet import Counts, Fleet
from simulator.keys import KeyFolder
from simulator.ledger import Ledger
from simulator.messages import Faults, MessageSource

# What one process can send a second, and how many connections it serves.
_RATE_OF_A_PROCESS = 2500
_DEVICES_OF_A_PROCESS = 1000
Report = Callable[[Counts], None]


class TooFast(ValueError):
    """Each device would send more than AWS IoT accepts of one connection."""


@dataclass(frozen=True)
class Simulation:
    """What to simulate: `rate` messages a second of all devices together, for `seconds`, or until stopped.

    Raises
    ------
    TooFast
    """

    devices: list[str]
    rate: float
    seconds: float | None
    endpoint: Endpoint
    keys: Path
    ledger: Path
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        if self.rate > MOST_PUBLISHES_A_SECOND * len(self.devices):
            raise TooFast(
                f"AWS IoT accepts {MOST_PUBLISHES_A_SECOND} publishes a second of one connection: for {self.rate:g} a "
                f"second use at least {ceil(self.rate / MOST_PUBLISHES_A_SECOND)} devices"
            )

    @property
    def interval(self) -> float:
        """The time between two messages of a device, in seconds."""
        return len(self.devices) / self.rate

    def parts(self) -> list["Simulation"]:
        """The same simulation in parts, one for each process."""
        count = max(ceil(self.rate / _RATE_OF_A_PROCESS), ceil(len(self.devices) / _DEVICES_OF_A_PROCESS))
        count = min(count, len(self.devices), (os.cpu_count() or 1) * 2)
        shares = [self.devices[number::count] for number in range(count)]
        share_of_rate = self.rate / len(self.devices)
        return [replace(self, devices=share, rate=share_of_rate * len(share)) for share in shares]


def run(simulation: Simulation, report: Report) -> Counts:
    """Run a simulation until its end, Ctrl-C or SIGTERM; returns what it has done.

    Raises
    ------
    KeyReplaced
        A device was removed meanwhile.
    """
    with _stop_signals() as is_stopped:
        parts = simulation.parts()
        if len(parts) == 1:
            return _run_part(parts[0], "0", report, is_stopped)
        return _run_processes(parts, report, is_stopped)


def _run_part(part: Simulation, name: str, report: Report, is_stopped: Callable[[], bool]) -> Counts:
    """Run one part in this process."""
    _allow_open_files()
    started = f"{int(time.time()):x}"
    ledger = Ledger(part.ledger / f"{started}-{os.getpid()}-{name}.jsonl", lambda: int(time.time() * 1000))
    keys = KeyFolder(part.keys)
    certificates = {device: keys.certificate_id(device) for device in part.devices}
    fleet = Fleet(
        ledger, part.interval, report, has_key=lambda device: keys.certificate_id(device) == certificates[device]
    )
    for device in part.devices:
        context = tls_context(part.endpoint, *keys.files(device))
        connection = Connection(device, part.endpoint, context, fleet.acknowledged)
        fleet.add(connection, MessageSource(device, started, part.faults))
    return fleet.run(part.seconds, is_stopped)


def _run_processes(parts: list[Simulation], report: Report, is_stopped: Callable[[], bool]) -> Counts:
    # Spawned processes share no connection or thread with this one.
    processes = multiprocessing.get_context("spawn")
    stop = processes.Event()
    pipes: dict[Any, Counts] = {}
    children = []
    for number, part in enumerate(parts):
        receiving, sending = processes.Pipe(duplex=False)
        children.append(processes.Process(target=_child, args=(part, str(number), sending, stop), daemon=True))
        children[-1].start()
        sending.close()
        pipes[receiving] = Counts()
    open_pipes = set(pipes)
    while open_pipes:
        if is_stopped():
            stop.set()
        for pipe in wait(open_pipes, timeout=0.2):
            _receive(pipe, pipes, open_pipes)
        report(_sum(list(pipes.values())))
    for child in children:
        child.join()
    return _sum(list(pipes.values()))


def _receive(pipe: Any, counts: dict[Any, Counts], open_pipes: set[Any]) -> None:
    try:
        counts[pipe] = pipe.recv()
    except EOFError:
        open_pipes.discard(pipe)


def _child(part: Simulation, name: str, pipe: Any, stop: Any) -> None:
    # Ctrl-C reaches all processes of the terminal; the parent says when to stop.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    parent = os.getppid()

    def report(counts: Counts) -> None:
        if os.getppid() == parent:
            pipe.send(counts)

    _run_part(part, name, report, lambda: stop.is_set() or os.getppid() != parent)


def _sum(all_counts: list[Counts]) -> Counts:
    total = Counts()
    for counts in all_counts:
        for name in ("made", "acknowledged", "pending", "devices", "connected", "connects"):
            setattr(total, name, getattr(total, name) + getattr(counts, name))
        total.failure = total.failure or counts.failure
    return total


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Note Ctrl-C and SIGTERM, instead of ending at once: acknowledgements are awaited, and the ledger is complete."""
    received: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda number, _frame: received.append(number)) for number in numbers}
    try:
        yield partial(bool, received)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _allow_open_files() -> None:
    """Each connection has three descriptors."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
