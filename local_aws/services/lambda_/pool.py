"""Pools warm execution environments. Each runs one invocation at a time, and is reused until its function changes.

On AWS each concurrent invocation has an environment at once, up to the account's limit, and is throttled beyond it
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html). Here the environments share one machine: a few
are started at a time, and calls wait in order for the next one, or for one of their function that has become idle.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from local_aws.services.lambda_.process import Process

# Lambda keeps idle environments for minutes. Here each takes 10 to 50 MB of the developer's memory.
IDLE_SECONDS = 120
# More than so many idle environments are kept for a shorter time.
_FEW = 4
_REAP_SECONDS = 5
# With so many of todo_app's, which take 22 MB each, everything that `make run` starts takes less than 1 GB.
CAPACITY = 24
# A start that takes longer waits for something other than the CPU, and no longer keeps others from starting.
LONG_START_SECONDS = 3.0


@dataclass(frozen=True)
class FunctionVersion:
    """The identity of a function version. An environment serves exactly one.

    `revision` changes with code and configuration, so that an environment of an older revision is never reused.
    """

    account: str
    region: str
    name: str
    qualifier: str
    revision: str


@dataclass(eq=False)
class Environment:
    """An execution environment in the pool."""

    version: FunctionVersion
    process: Process
    log_stream: str
    # When its credentials are too old for another invocation, as time.time().
    retire_at: float
    # The duration and the log events of the init phase, until the first invocation reports them.
    init_ms: float | None
    init_events: list[str]
    # The request id of the invocation that it runs.
    request_id: str = ""
    idle_since: float = field(default_factory=time.monotonic)

    def is_usable(self) -> bool:
        """Whether it may serve another invocation."""
        return self.process.exit_status() is None and time.time() < self.retire_at


class NoEnvironment(Exception):
    """No environment became free in time."""


@dataclass(eq=False)
class _Waiter:
    """A call that waits for an environment. Once it is served, it has one or may start one."""

    version: FunctionVersion
    is_served: threading.Event = field(default_factory=threading.Event)
    environment: Environment | None = None
    served_at: float = 0.0


class Pool:
    """All execution environments of the embedded AWS: at most `capacity`, of which `starts` are started at a time."""

    def __init__(
        self,
        *,
        idle_seconds: float = IDLE_SECONDS,
        capacity: int = CAPACITY,
        starts: int = max(2, os.cpu_count() or 2),
        long_start_seconds: float = LONG_START_SECONDS,
    ) -> None:
        self._idle_seconds, self._capacity = idle_seconds, capacity
        self._starts, self._long_start_seconds = starts, long_start_seconds
        self._lock = threading.Lock()
        # The environment that was used last is the last.
        self._idle: list[Environment] = []
        self._busy: list[Environment] = []
        self._waiters: list[_Waiter] = []
        self._starting: list[_Waiter] = []
        # Those of retired versions that are still busy are in no list.
        self._living = 0
        self._reaper = threading.Thread(target=self._reap_forever, daemon=True, name="function-reaper")

    def start(self) -> None:
        """Start the thread that ends idle environments."""
        self._reaper.start()

    def lease(
        self, version: FunctionVersion, start: Callable[[], Environment], timeout_seconds: float = threading.TIMEOUT_MAX
    ) -> Environment:
        """Lease the idle environment that was used last, or start a new one. Return it with `release`.

        Raises
        ------
        NoEnvironment
            The capacity is used up by other calls for the whole timeout.
        """
        waiter = _Waiter(version)
        with self._lock:
            self._waiters.append(waiter)
        self._wait(waiter, time.monotonic() + timeout_seconds)
        return waiter.environment or self._start(waiter, start)

    def _wait(self, waiter: _Waiter, deadline: float) -> None:
        self._serve_waiters()
        while not waiter.is_served.wait(min(self._long_start_seconds, max(0.0, deadline - time.monotonic()))):
            self._serve_waiters()
            with self._lock:
                if time.monotonic() >= deadline and waiter in self._waiters:
                    self._waiters.remove(waiter)
                    raise NoEnvironment(f"{self._living} of {self._capacity} environments are in use")

    def _start(self, waiter: _Waiter, start: Callable[[], Environment]) -> Environment:
        environment = None
        try:
            environment = start()
        finally:
            with self._lock:
                self._starting.remove(waiter)
                if environment is None:
                    self._living -= 1
                else:
                    self._busy.append(environment)
            self._serve_waiters()
        return environment

    def _serve_waiters(self) -> None:
        """Give environments, or the permission to start one, to those that wait, in their order."""
        ended: list[Environment] = []
        with self._lock:
            for waiter in list(self._waiters):
                waiter.environment = self._take_idle(waiter.version, ended)
                if waiter.environment is not None:
                    self._busy.append(waiter.environment)
                elif self._may_start(ended):
                    self._starting.append(waiter)
                    self._living += 1
                else:
                    continue
                waiter.served_at = time.monotonic()
                self._waiters.remove(waiter)
                waiter.is_served.set()
        _close(ended)

    def _take_idle(self, version: FunctionVersion, ended: list[Environment]) -> Environment | None:
        for environment in reversed(self._idle):
            if environment.version == version:
                self._idle.remove(environment)
                if environment.is_usable():
                    return environment
                self._end(environment, ended)
        return None

    def _may_start(self, ended: list[Environment]) -> bool:
        """Whether one more environment may start. The one that is idle for the longest time makes room for it."""
        recent = time.monotonic() - self._long_start_seconds
        if sum(waiter.served_at > recent for waiter in self._starting) >= self._starts:
            return False
        if self._living >= self._capacity and self._idle:
            self._end(self._idle.pop(0), ended)
        return self._living < self._capacity

    def _end(self, environment: Environment, ended: list[Environment]) -> None:
        self._living -= 1
        ended.append(environment)

    def release(self, environment: Environment, keep: bool) -> None:
        """Return an environment to the pool; without `keep`, end it."""
        environment.idle_since = time.monotonic()
        with self._lock:
            # `retire` has removed it from the list if its function was changed or deleted meanwhile.
            is_current = environment in self._busy
            self._busy = [each for each in self._busy if each is not environment]
            is_kept = keep and is_current
            if is_kept:
                self._idle.append(environment)
            else:
                self._living -= 1
        if not is_kept:
            environment.process.close()
        self._serve_waiters()

    def retire(self, is_retired: Callable[[FunctionVersion], bool]) -> None:
        """End the environments of these versions: idle ones now, busy ones after their invocation."""
        with self._lock:
            idle = [environment for environment in self._idle if is_retired(environment.version)]
            self._idle = [environment for environment in self._idle if not is_retired(environment.version)]
            self._busy = [environment for environment in self._busy if not is_retired(environment.version)]
            self._living -= len(idle)
        _close(idle)

    def kill(self, name: str, request_id: str | None = None) -> int:
        """Kill the environments that run an invocation of this function, or one invocation; returns how many."""
        with self._lock:
            running = [environment for environment in self._busy if environment.version.name == name]
        if request_id is not None:
            running = [environment for environment in running if environment.request_id == request_id]
        for environment in running:
            environment.process.kill()
        return len(running)

    def stop(self) -> None:
        """End all environments, busy ones too."""
        with self._lock:
            busy, idle, self._idle = self._busy, self._idle, []
            self._living -= len(idle)
        for environment in busy:
            environment.process.kill()
        _close(idle)

    def reap(self, now: float) -> None:
        """End environments that have been idle for too long. The more are idle, the sooner they end."""
        ended: list[Environment] = []
        with self._lock:
            for environment in list(self._idle):
                allowed = self._idle_seconds * min(1.0, _FEW / len(self._idle))
                if now - environment.idle_since > allowed or not environment.is_usable():
                    self._idle.remove(environment)
                    self._end(environment, ended)
        _close(ended)

    def _reap_forever(self) -> None:
        while True:
            time.sleep(_REAP_SECONDS)
            self.reap(time.monotonic())


def _close(environments: Iterable[Environment]) -> None:
    for environment in environments:
        environment.process.close()
