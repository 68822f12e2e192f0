"""Runs the devices of one process in one loop: makes messages when they are due, and serves all connections."""

import heapq
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec

from simulator.connection import Connection
from simulator.ledger import Ledger
from simulator.messages import MessageSource, Outgoing

_SERVE_SECONDS = 1.0
_REPORT_SECONDS = 0.5
_SHORTEST_RETRY, _LONGEST_RETRY = 1.0, 30.0
_DRAIN_SECONDS = 15.0
_CONNECTING_AT_ONCE = 8


class KeyReplaced(ValueError):
    """A device was removed or has a new key, so its connection cannot be opened again."""


class Counts(msgspec.Struct):
    """What a fleet has done: messages made, acknowledged, and pending; connections, of which it was reconnected."""

    made: int = 0
    acknowledged: int = 0
    pending: int = 0
    devices: int = 0
    connected: int = 0
    connects: int = 0
    failure: str = ""


@dataclass
class _Member:
    connection: Connection
    source: MessageSource
    attempts: int = 0
    retry_at: float = 0.0
    attempt: Future[None] | None = None
    # The socket that the selector watches.
    registered: Any = None


class Fleet:
    """Some simulated devices.

    `interval` is the time between two messages of a device, in seconds; the devices send in turn. At the end the fleet
    waits for what is pending, until nothing is acknowledged for `drain_seconds`. `has_key` says whether a device still
    has the key that it connects with.
    """

    def __init__(
        self,
        ledger: Ledger,
        interval: float,
        report: Callable[[Counts], None],
        drain_seconds: float = _DRAIN_SECONDS,
        has_key: Callable[[str], bool] = lambda device: True,
    ) -> None:
        self.counts = Counts()
        self._ledger = ledger
        self._interval = interval
        self._report = report
        self._drain_seconds = drain_seconds
        self._has_key = has_key
        self._members: list[_Member] = []
        self._selector = selectors.DefaultSelector()
        self._executor = ThreadPoolExecutor(_CONNECTING_AT_ONCE, "connect")
        self._due: list[tuple[float, int]] = []
        self._random = Random()  # noqa: S311 - not for security

    def acknowledged(self, message: Outgoing) -> None:
        """Write an acknowledged message to the ledger; each connection calls this."""
        self.counts.acknowledged += 1
        if not message.is_copy:
            self._ledger.acknowledged(message)

    def add(self, connection: Connection, source: MessageSource) -> None:
        """Add a device, before `run`."""
        self._members.append(_Member(connection, source))

    def run(self, seconds: float | None, is_stopped: Callable[[], bool]) -> Counts:
        """Simulate for a time, or until stopped; then wait a while for what is not acknowledged yet.

        Raises
        ------
        KeyReplaced
            A device was removed meanwhile.
        """
        started = time.monotonic()
        end = started + seconds if seconds is not None else float("inf")
        self._due = [
            (started + self._interval * number / len(self._members), number) for number in range(len(self._members))
        ]
        heapq.heapify(self._due)
        try:
            self._loop(lambda: time.monotonic() < end and not is_stopped(), self._make)
            self._loop(self._is_draining(), lambda _now: _REPORT_SECONDS)
        finally:
            self._close()
        return self.counts

    def _is_draining(self) -> Callable[[], bool]:
        """Say whether messages are pending, and one was acknowledged in the last seconds."""
        acknowledged, since = self.counts.acknowledged, time.monotonic()

        def goes_on() -> bool:
            nonlocal acknowledged, since
            if self.counts.acknowledged != acknowledged:
                acknowledged, since = self.counts.acknowledged, time.monotonic()
            return self._pending() > 0 and time.monotonic() < since + self._drain_seconds

        return goes_on

    def _loop(self, goes_on: Callable[[], bool], make: Callable[[float], float]) -> None:
        serve_at = report_at = 0.0
        while goes_on():
            now = time.monotonic()
            pause = make(now)
            if now >= serve_at:
                serve_at = now + _SERVE_SECONDS
                self._serve_all(now)
            if now >= report_at:
                report_at = now + _REPORT_SECONDS
                self._send_report()
            for key, _ in self._selector.select(min(pause, 0.05)):
                self._read(key.data)

    def _make(self, now: float) -> float:
        """Make the messages that are due; returns the time until the next ones."""
        touched = set()
        wall_clock = time.time() - now
        while self._due[0][0] <= now:
            due, number = heapq.heappop(self._due)
            member = self._members[number]
            if not member.connection.is_full:
                for message in member.source.messages(wall_clock + due):
                    self.counts.made += 1
                    member.connection.publish(message)
            # A loop that was late sends what it missed, and does not send it all at once.
            heapq.heappush(self._due, (max(due + self._interval, now - self._interval), number))
            touched.add(number)
        for number in touched:
            self._flush(self._members[number])
        return max(0.0, self._due[0][0] - now)

    def _read(self, member: _Member) -> None:
        member.connection.read()
        self._flush(member)

    def _flush(self, member: _Member) -> None:
        """Send what a device has, unless another thread is connecting it; then watch its open socket, and no other."""
        if member.attempt is not None:
            return
        member.connection.flush()
        opened = member.connection.socket
        if opened is member.registered:
            return
        if member.registered is not None:
            self._selector.unregister(member.registered)
        if opened is not None:
            self._selector.register(opened, selectors.EVENT_READ, member)
        member.registered = opened

    def _serve_all(self, now: float) -> None:
        self._ledger.flush()
        for member in self._members:
            if member.attempt is not None:
                self._finish_attempt(member, now)
            elif member.connection.socket is None:
                self._reconnect(member, now)
            else:
                member.connection.keep_alive()
                self._flush(member)
                if member.connection.is_connected:
                    member.attempts = 0

    def _reconnect(self, member: _Member, now: float) -> None:
        if member.attempts and not self._has_key(device := member.connection.device):
            raise KeyReplaced(f"{device} was removed or has a new key")
        if member.retry_at == 0.0 and member.attempts:
            longest = min(_LONGEST_RETRY, _SHORTEST_RETRY * 2 ** min(member.attempts, 5))
            member.retry_at = now + self._random.uniform(_SHORTEST_RETRY / 2, longest)
        if now >= member.retry_at:
            member.attempts, member.retry_at = member.attempts + 1, 0.0
            self.counts.connects += 1
            member.attempt = self._executor.submit(member.connection.connect)

    def _finish_attempt(self, member: _Member, now: float) -> None:
        if member.attempt is None or not member.attempt.done():
            return
        error, member.attempt = member.attempt.exception(), None
        if error is not None:
            member.connection.failure = str(error)
            self._reconnect(member, now)
        else:
            self._flush(member)

    def _pending(self) -> int:
        return sum(member.connection.pending for member in self._members)

    def _send_report(self) -> None:
        connections = [member.connection for member in self._members]
        self.counts.devices = len(connections)
        self.counts.connected = sum(connection.is_connected for connection in connections)
        self.counts.pending = self._pending()
        self.counts.failure = next((one.failure for one in connections if one.failure and not one.is_connected), "")
        self._report(self.counts)

    def _close(self) -> None:
        self._send_report()
        for member in self._members:
            if member.connection.socket is not None:
                member.connection.disconnect()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._selector.close()
        self._ledger.close()
