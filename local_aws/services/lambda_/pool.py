"""Pools warm execution environments. Each runs one invocation at a time, and is reused until its function changes."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from local_aws.services.lambda_.process import Process

# Lambda keeps idle environments for minutes. Here each takes 20 to 50 MB of the developer's memory.
IDLE_SECONDS = 120
_REAP_SECONDS = 10


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


class Pool:
    """All execution environments of the embedded AWS."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[Environment] = []
        self._busy: list[Environment] = []
        self._reaper = threading.Thread(target=self._reap_forever, daemon=True, name="function-reaper")

    def start(self) -> None:
        """Start the thread that ends idle environments."""
        self._reaper.start()

    def lease(self, version: FunctionVersion, start: Callable[[], Environment]) -> Environment:
        """Lease the idle environment that was used last, or start a new one. Return it with `release`."""
        while (environment := self._take(version)) is not None:
            if environment.is_usable():
                return environment
            self._drop(environment)
            environment.process.close()
        environment = start()
        with self._lock:
            self._busy.append(environment)
        return environment

    def _take(self, version: FunctionVersion) -> Environment | None:
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
        """Return an environment to the pool; without `keep`, end it."""
        if keep:
            environment.idle_since = time.monotonic()
            with self._lock:
                # `retire` has removed it from the list if its function was changed or deleted meanwhile.
                if environment in self._busy:
                    self._busy.remove(environment)
                    self._idle.append(environment)
                    return
        with self._lock:
            self._busy = [each for each in self._busy if each is not environment]
        environment.process.close()

    def retire(self, is_retired: Callable[[FunctionVersion], bool]) -> None:
        """End the environments of these versions: idle ones now, busy ones after their invocation."""
        with self._lock:
            idle = [environment for environment in self._idle if is_retired(environment.version)]
            self._idle = [environment for environment in self._idle if not is_retired(environment.version)]
            self._busy = [environment for environment in self._busy if not is_retired(environment.version)]
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
        for environment in busy:
            environment.process.kill()
        _close(idle)

    def reap(self, now: float) -> None:
        """End environments that have been idle for too long."""
        with self._lock:
            old = [
                environment
                for environment in self._idle
                if now - environment.idle_since > self._idle_seconds or not environment.is_usable()
            ]
            self._idle = [environment for environment in self._idle if environment not in old]
        _close(old)

    def _reap_forever(self) -> None:
        while True:
            time.sleep(_REAP_SECONDS)
            self.reap(time.monotonic())


def _close(environments: Iterable[Environment]) -> None:
    for environment in environments:
        environment.process.close()
