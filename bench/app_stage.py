"""One app alone, deployed by the real tool into an embedded AWS of its own, and people who use it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session

from bench.servers import free_base_port
from bench.workspace import ROOT, Workspace

_UP_SECONDS = 240
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class AppStage:
    """A stage that is up; `app` is the name of the app's folder, `pid` the process that runs it."""

    app: str
    root: Path
    port: int
    pid: int

    @cached_property
    def document(self) -> dict[str, Any]:
        """What `make outputs` prints."""
        found: dict[str, Any] = json.loads(self.deploy("outputs"))
        return found

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of the app's stack."""
        found: dict[str, str] = self.document["apps"][self.app]["outputs"]
        return found

    def token(self, user: str) -> str:
        """A demo user's ID token."""
        return self.deploy("token", "--app", self.app, "--user", user)

    @property
    def api_url(self) -> str:
        """The API behind the distribution."""
        return str(self.document["apps"][self.app]["api_url"])

    @property
    def endpoint_url(self) -> str:
        """The embedded AWS."""
        return str(self.document["endpoint_url"])

    def client(self, service: str) -> Any:
        """A client of one service, as root."""
        return botocore.session.Session().create_client(
            service,
            str(self.document["region"]),
            endpoint_url=self.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @property
    def direct_api_url(self) -> str:
        """The API itself, without the distribution."""
        return str(self.document["apps"][self.app]["preview_url"]).replace("/preview/", "/api/")

    def visitor(self, url: str | None = None) -> "Visitor":
        """Somebody with one connection, by default to the distribution."""
        return Visitor(url or self.api_url.removesuffix("/api"))

    def deploy(self, *arguments: str) -> str:
        """Run the deploy tool, and return what it prints."""
        command = [sys.executable, "-m", "deploy", "--root", str(self.root), *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return done.stdout.strip()


@dataclass
class Response:
    """What came back; the names of headers are in lower case."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass
class Visitor:
    """One kept-alive connection."""

    url: str
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self._base = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def get(self, path: str, **headers: str) -> Response:
        """Send a GET."""
        return self.send("GET", path, None, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """Send a request; a body goes as JSON unless it is bytes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        self._connection.request(method, self._base + path, body, sent)
        response = self._connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, response.read(), headers)

    def expect(self, response: Response, status: int) -> Response:
        """The response, which must have this status."""
        if response.status != status:
            raise RuntimeError(f"{self.url} answers {response.status}, not {status}: {response.body[:500]!r}")
        return response


def seconds_until(act: Callable[[], object], found: Callable[[], bool], pause: float = 0.005) -> float:
    """Do something and look until it has its effect; how long that took, from before it was done."""
    started = time.monotonic()
    act()
    while not found():
        if time.monotonic() - started > _WAIT_SECONDS:
            raise RuntimeError(f"still not there after {_WAIT_SECONDS} s")
        time.sleep(pause)
    return time.monotonic() - started


@contextmanager
def running_app(workspace: Workspace, app: str, root: Path, *, watch: bool = False) -> Iterator[AppStage]:
    """Bring an app up and take it down; a second time, what was deployed is there still.

    With `watch`, files that are saved are deployed.
    """
    port, log = free_base_port(), workspace.folder / f"{app}.log"
    command = [sys.executable, "-m", "deploy", "--root", str(root), "run", "--port", str(port)]
    command += ["--no-live-tasks", *([] if watch else ["--no-watch"])]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=output, stderr=output)
    try:
        _wait(process, app, log)
        yield AppStage(app, root, port, process.pid)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait(process: "subprocess.Popen[bytes]", app: str, log: Path) -> None:
    deadline = time.monotonic() + _UP_SECONDS
    while "Up in " not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{app} does not come up:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)
