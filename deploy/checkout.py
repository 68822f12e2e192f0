"""One checkout and its local state in `.local/`: the embedded AWS's state, locks, and the record of the current run."""

import fcntl
import os
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from deploy.errors import DeployError, Locked, StageNotUp, unusable_file

DEFAULT_PORT = 8000
_SECONDS_FOR_REASON = 0.5
_LOCK_PAUSE_SECONDS = 0.1
_STARTS = "wait if it has just been started, or else start it again"


class AppAddresses(msgspec.Struct):
    """Where the embedded AWS serves one app."""

    http_url: str
    https_url: str


class Run(msgspec.Struct):
    """What a running `python -m deploy run` tells the other commands."""

    port: int
    endpoint_url: str
    mailbox_url: str
    ca_file: str
    run_pid: int
    server_pid: int
    # By the app's key.
    addresses: dict[str, AppAddresses]
    # The URLs of the local servers, by the names in stages.yaml.
    servers: dict[str, str] = {}
    # Whether every app has been deployed since it started.
    up: bool = False
    # The keys of apps that were added since, and are deployed.
    added: list[str] = []
    # The keys of apps that `down` has removed since.
    removed: list[str] = []
    # How the embedded AWS ended, if it was not told to: "killed by SIGKILL".
    end: str = ""


@dataclass(frozen=True)
class Checkout:
    """A folder with apps in it. Its local state is in `root/.local`, so that two checkouts share nothing."""

    root: Path

    @property
    def local(self) -> Path:
        """The folder that `make reset` deletes."""
        return self.root / ".local"

    @property
    def aws_state(self) -> Path:
        """The embedded AWS's own state folder."""
        return self.local / "aws"

    @property
    def deployment_log(self) -> Path:
        """The steps and changes of the deployments to stage local since `make run` started."""
        return self.local / "deployment.log"

    @property
    def _run_file(self) -> Path:
        return self.local / "run.json"

    def recorded_run(self) -> Run | None:
        """The last run, whether or not it still runs; None if there is no readable record."""
        try:
            return msgspec.json.decode(self._run_file.read_bytes(), type=Run)
        except (OSError, msgspec.DecodeError):
            return None

    def record_run(self, run: Run) -> None:
        """Tell other commands where the embedded AWS is."""
        temporary = self._run_file.with_suffix(".new")
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(run)))
        temporary.replace(self._run_file)

    def current_run(self) -> Run:
        """The run whose embedded AWS answers now.

        Raises
        ------
        StageNotUp
            The embedded AWS of this checkout does not run.
        """
        run = self.recorded_run()
        if run is None or not self.is_locked():
            raise StageNotUp("the embedded AWS of this checkout does not run: start it with `make run`")
        if not answers(run.endpoint_url):
            raise StageNotUp(f"the embedded AWS of this checkout (process {run.server_pid}) does not answer: {_STARTS}")
        return run

    def reason_of_end(self) -> str:
        """Say that the embedded AWS stopped, and why if its `make run` says so within a moment."""
        deadline = time.monotonic() + _SECONDS_FOR_REASON
        while (run := self.recorded_run()) and not run.end and self.is_locked() and time.monotonic() < deadline:
            time.sleep(0.02)
        return f"the embedded AWS stopped{f', {run.end}' if run and run.end else ''}"

    def lock_for_run(self) -> IO[str]:
        """Lock the checkout for one run. The lock is released when the process ends, however it ends.

        Raises
        ------
        DeployError
            Another run has the lock; the message names its process.
        """
        return self._lock("run.lock", "`make run` already runs in this checkout")

    def lock_for_deployment(self, say: Callable[[str], object] = lambda _: None) -> IO[str]:
        """Lock the checkout for one command that changes what is deployed; wait while another one does.

        `say` is told what it waits for, once.
        """
        is_told = False
        while True:
            try:
                return self._lock("deploy.lock", "another deployment from this checkout is in progress")
            except Locked as error:
                if not is_told:
                    say(f"waiting: {error}")
                is_told = True
                time.sleep(_LOCK_PAUSE_SECONDS)

    def _lock(self, name: str, refusal: str) -> IO[str]:
        try:
            self.local.mkdir(parents=True, exist_ok=True)
            lock = (self.local / name).open("a+")
        except OSError as error:
            raise DeployError(unusable_file(error)) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid = lock.read().strip()
            lock.close()
            raise Locked(f"{refusal}: stop it with Ctrl-C{f' or `kill {pid}`' if pid else ''}") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def is_locked(self) -> bool:
        """Whether a run has the lock of this checkout."""
        try:
            with (self.local / "run.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False


def answers(endpoint_url: str) -> bool:
    """Whether an embedded AWS is ready at this address."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint_url}/_ministack/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def default_root() -> Path:
    """The folder with the apps: the checkout of this tool, unless QUARTET_ROOT names another."""
    return Path(os.environ.get("QUARTET_ROOT") or Path(__file__).parent.parent).resolve()
