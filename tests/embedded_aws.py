"""An embedded AWS of the tests' own: a free port, a state folder of its own, stopped at the end."""

import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class EmbeddedAws:
    """A running embedded AWS and clients for it."""

    state_dir: Path
    port: int = field(default_factory=free_port)
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.state_dir / "server.log"

    def start(self) -> "EmbeddedAws":
        self.state_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "local_aws", "serve", "--state-dir", str(self.state_dir)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *self.arguments], stdout=log, stderr=log, cwd=ROOT
            )
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the embedded AWS stopped:\n{self.log_file.read_text()[-4000:]}")
            try:
                with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/ready", timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"the embedded AWS did not come up:\n{self.log_file.read_text()[-4000:]}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)
        self.process = None

    def client(
        self,
        service: str,
        key: str = "test",
        secret: str = "test",
        token: str | None = None,
        region: str = "us-east-1",
    ) -> Any:
        """A boto3 client of one service; as root, unless a key is given."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )
