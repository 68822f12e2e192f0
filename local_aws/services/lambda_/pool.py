"""Warm execution environments: one invocation each at a time, reused while nothing about the function changed."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from local_aws.services.lambda_.process import Process

# Lambda keeps idle environments for minutes; here each costs 20 to 50 MB of the developer's memory.
IDLE_SECONDS = 120
_REAP_SECONDS = 10


@dataclass(frozen=True)
class Version:
    """One function version: environments serve exactly one.

    `revision` differs whenever code or configuration do, so that an environment of an older one is never reused.
    """

    account: str
    region: str
    name: str
    qualifier: str
    revision: str


@dataclass(eq=False)
class Environment:
    """An execution environment in the pool."""

    version: Version
    process: Process
    log_stream: str
    # When its credentials are too old for another invocation (time.time()).
    retire_at: float
    # Of the initialisation, until the first invocation has reported them.
    init_ms: float | None
    init_events: list[str]
    # Of the invocation that it runs.
    request_id: str = ""
    idle_since: float = field(default_factory=time.monotonic)

    def usable(self) -> bool:
        """Whether it may serve another invocation."""
        return self.process.exit_status() is None and time.time() < self.retire_at


class Pool:
    """All execution environments of the embedded AWS."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[Environment] = []
        self._busy: list[Environment] = []
        self._reaper = threading.Thread(target=self._reap_forever, daemon=True, name="function-reaper")

    def start(self) -> None:
        """Begin to let idle environments go."""
        self._reaper.start()

    def lease(self, version: Version, start: Callable[[], Environment]) -> Environment:
        """The environment used last of those that are idle, or a new one. Give it back with `release`."""
        while (environment := self._take(version)) is not None:
            if environment.usable():
                return environment
            self._drop(environment)
            environment.process.close()
        environment = start()
        with self._lock:
            self._busy.append(environment)
        return environment

    def _take(self, version: Version) -> Environment | None:
        with self._lock:
            for environment in reversed(self._idle):
                if environment.version == version:
                    self._idle.remove(environment)
                    self._busy.append(environment)
                    return environment
        return None

    def _drop(self, environment: Environment) -> None:
        with self._lock:
            self._busy.remove(environment)

    def release(self, environment: Environment, keep: bool) -> None:
        """Give an environment back; without `keep`, end it."""
        if keep:
            environment.idle_since = time.monotonic()
            with self._lock:
                # Gone from the list if its function was changed or deleted meanwhile.
                if environment in self._busy:
                    self._busy.remove(environment)
                    self._idle.append(environment)
                    return
        with self._lock:
            self._busy = [each for each in self._busy if each is not environment]
        environment.process.close()

    def retire(self, doomed: Callable[[Version], bool]) -> None:
        """Let these versions' environments go: idle ones now, busy ones after the invocation that they run."""
        with self._lock:
            idle = [each for each in self._idle if doomed(each.version)]
            self._idle = [each for each in self._idle if not doomed(each.version)]
            self._busy = [each for each in self._busy if not doomed(each.version)]
        _close(idle)

    def kill(self, name: str, request_id: str | None = None) -> int:
        """Kill what runs an invocation of this function now, or this one invocation; returns how many."""
        with self._lock:
            running = [each for each in self._busy if each.version.name == name]
        if request_id is not None:
            running = [each for each in running if each.request_id == request_id]
        for environment in running:
            environment.process.kill()
        return len(running)

    def stop(self) -> None:
        """End every environment, also those at work."""
        with self._lock:
            busy, idle, self._idle = self._busy, self._idle, []
        for environment in busy:
            environment.process.kill()
        _close(idle)

    def reap(self, now: float) -> None:
        """End environments that have been idle for too long."""
        with self._lock:
            old = [each for each in self._idle if now - each.idle_since > self._idle_seconds or not each.usable()]
            self._idle = [each for each in self._idle if each not in old]
        _close(old)

    def _reap_forever(self) -> None:
        while True:
            time.sleep(_REAP_SECONDS)
            self.reap(time.monotonic())


def _close(environments: Iterable[Environment]) -> None:
    for environment in environments:
        environment.process.close()
