"""Starts an embedded AWS for tests, with a free port and its own state folder."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

ROOT = Path(__file__).parent.parent
# Built once for all tests of a checkout.
FUNCTION_RUNTIME = ROOT / ".cache" / "function-runtime"
# What has not happened by then never will, however busy the machine is.
NEVER_SECONDS = 240
Found = TypeVar("Found")


@lru_cache(maxsize=256)
def aws_client(endpoint_url: str, service: str, region: str, key: str, secret: str, token: str | None) -> Any:
    """A boto3 client that tries a request twice at most; the same arguments give the same client.

    Making a client takes longer than most calls. Threads may share one. Who registers a handler on one removes it.
    """
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@contextmanager
def changed_requests(client: Any, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
    """Let `change` change the body and the headers of each request of a client, before it is signed."""

    def before_call(params: dict[str, Any], **_: Any) -> None:
        change(params)

    client.meta.events.register("before-call", before_call)
    try:
        yield
    finally:
        client.meta.events.unregister("before-call", before_call)


def free_ports(count: int) -> list[int]:
    """Free ports; all are open during the search, so they differ."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def free_port() -> int:
    """A free port."""
    return free_ports(1)[0]


def wait_until(
    look: Callable[[], Found],
    what: str = "",
    until: Callable[[Found], object] = bool,
    *,
    seconds: float = NEVER_SECONDS,
) -> Found:
    """Look again and again; returns the first result that `until` accepts.

    Raises
    ------
    TimeoutError
        None was accepted in so many seconds; the message has `what` and the last result.
    """
    deadline, pause = time.monotonic() + seconds, 0.01
    while not until(result := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what or 'the result that is waited for'}; last {result!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
    return result


def process_state(pid: int) -> str:
    """The state of a process by its letter in /proc: `T` is stopped (frozen), `R` runs, `S` sleeps."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def wait_until_saved(server_log: Path, sts: Any) -> None:
    """Wait until the current state is saved.

    The server logs each save. One may be in progress, so this waits for the second one; the call between makes the
    server check for changes again.
    """

    def saves() -> int:
        return server_log.read_text().count("[local_aws.state.saver] state ") if server_log.exists() else 0

    for _ in range(2):
        before = saves()
        sts.get_caller_identity()
        wait_until(lambda: saves() > before, "a save")  # noqa: B023 - called before the next round


@dataclass
class EmbeddedAws:
    """A running embedded AWS, and clients for it."""

    state_dir: Path
    port: int = field(default_factory=free_port)
    mqtt_port: int = field(default_factory=free_port)
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        """The endpoint of all services."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """The server's terminal output."""
        return self.state_dir / "terminal.log"

    @property
    def server_log(self) -> Path:
        """The server's log file."""
        return self.state_dir / "logs" / "server.log"

    def start(self) -> "EmbeddedAws":
        """Start the server, and wait until it answers."""
        self.state_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "local_aws", "serve", "--state-dir", str(self.state_dir)]
        command += ["--function-runtime", str(FUNCTION_RUNTIME), "--mqtt-port", str(self.mqtt_port)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *self.arguments], stdout=log, stderr=log, cwd=ROOT
            )
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        wait_until(self._is_ready, "the embedded AWS answers")

    def _is_ready(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"the embedded AWS stopped:\n{self.log_file.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/ready", timeout=5):  # noqa: S310 - our own address
                return True
        except OSError:
            return False

    def stop(self) -> None:
        """Stop the server; its state is saved."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def kill(self) -> None:
        """End the server with kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> "EmbeddedAws":
        """Stop the server and start it on the same state."""
        self.stop()
        return self.start()

    def wait_until_saved(self) -> None:
        """Wait until the current state is saved."""
        wait_until_saved(self.server_log, self.client("sts"))

    def mails(self, address: str) -> list[dict[str, Any]]:
        """The mails that were delivered to `address`, newest first."""
        url = f"{self.endpoint_url}/mailbox.json?to={address}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - as above
            mails: list[dict[str, Any]] = json.load(answer)
            return mails

    def client(
        self,
        service: str,
        key: str = "test",
        secret: str = "test",
        token: str | None = None,
        region: str = "us-east-1",
    ) -> Any:
        """A boto3 client of one service, as `aws_client` makes it. The default key is root's."""
        return aws_client(self.endpoint_url, service, region, key, secret, token)
