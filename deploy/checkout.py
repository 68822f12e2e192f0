"""One checkout and its local state: `.local/` with the embedded AWS's own state, the lock and what runs now."""

import fcntl
import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from deploy.errors import DeployError, StageNotUp

DEFAULT_PORT = 8000


class Front(msgspec.Struct):
    """The addresses of one app in the embedded AWS."""

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
    fronts: dict[str, Front]
    # Whether every app has been deployed since it started.
    up: bool = False


@dataclass(frozen=True)
class House:
    """A folder with apps in it; `root/.local` is its local state, so that two checkouts never meet."""

    root: Path

    @property
    def local(self) -> Path:
        """Everything that `make reset` deletes."""
        return self.root / ".local"

    @property
    def aws_state(self) -> Path:
        """The embedded AWS's own state folder."""
        return self.local / "aws"

    @property
    def _run_file(self) -> Path:
        return self.local / "run.json"

    def recorded_run(self) -> Run | None:
        """What the last run wrote, whether or not it still runs."""
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
        """The embedded AWS of this checkout that runs now.

        Raises
        ------
        StageNotUp
            None does.
        """
        run = self.recorded_run()
        if run is None or not self.is_locked() or not answers(run.endpoint_url):
            raise StageNotUp("the embedded AWS of this checkout does not run: start it with `make run`")
        return run

    def lock(self) -> IO[str]:
        """Hold the checkout for one run; released when the process ends, however it ends.

        Raises
        ------
        DeployError
            Another run has it.
        """
        return self._locked("run.lock", "`make run` already runs in this checkout: stop it with Ctrl-C first")

    def deploying(self) -> IO[str]:
        """Hold the checkout for one command that changes what is deployed.

        Raises
        ------
        DeployError
            Another such command is at work.
        """
        return self._locked("deploy.lock", "another deployment from this checkout is under way: wait for its end")

    def _locked(self, name: str, refusal: str) -> IO[str]:
        self.local.mkdir(parents=True, exist_ok=True)
        lock = (self.local / name).open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise DeployError(refusal) from None
        return lock

    def is_locked(self) -> bool:
        """Whether a run holds this checkout."""
        try:
            with (self.local / "run.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False


def answers(endpoint_url: str) -> bool:
    """Whether an embedded AWS is ready there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint_url}/_ministack/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def default_root() -> Path:
    """The checkout this tool belongs to, unless QUARTET_ROOT names another."""
    return Path(os.environ.get("QUARTET_ROOT") or Path(__file__).parent.parent).resolve()
