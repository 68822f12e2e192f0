"""A local stage for tests: copies of the apps and an embedded AWS on free ports, deployed by the real tool."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from local_aws.testing import aws_client, wait_until
from tests.e2e import id_tokens
from tests.e2e.deploy_process import forks

ROOT = Path(__file__).parent.parent.parent
_HTTPS_OFFSET = 440
# Three apps with their packages, on a machine that does much else; pytest's own limit for a test is a little longer.
_UP_SECONDS = 840
_OURS = shutil.ignore_patterns(".chalice", "__pycache__", "node_modules")


def free_base_port() -> int:
    """A port with the ports after it free too: of ten fronts, in http and https, and of MQTT."""
    for _ in range(200):
        base = random.randrange(20_000, 31_000, 20)
        if all(_is_free(base + offset + front) for offset in (0, _HTTPS_OFFSET) for front in range(20)):
            return base
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def copy_checkout(source: Path, target: Path, apps: Collection[str] = ()) -> Path:
    """Copy the apps of a folder, or those that are named, and `common`, without what was generated in them."""
    for folder in sorted(source.iterdir()):
        is_app = (folder / "stages.yaml").is_file() and (not apps or folder.name in apps)
        if folder.name == "common" or is_app:
            shutil.copytree(folder, target / folder.name, symlinks=True, ignore=_OURS)
    return target


@dataclass
class LocalStage:
    """`python -m deploy run` on the apps below `root`, as a process of its own."""

    root: Path
    port: int = field(default_factory=free_base_port)
    # Tests send what they need themselves, and deploy what they change.
    run_arguments: tuple[str, ...] = ("--no-live-tasks", "--no-watch")
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def log_file(self) -> Path:
        return self.root / "run.log"

    def start(self) -> "LocalStage":
        self.process = self.begin("run", "--port", str(self.port), *self.run_arguments)
        self.wait_until_up()
        return self

    def wait_until_up(self) -> None:
        assert self.process is not None
        try:
            wait_until(self._is_up, "the stage is up", seconds=_UP_SECONDS)
        except TimeoutError as error:
            self.stop()
            raise TimeoutError(self.output()[-6000:]) from error
        self.__dict__.pop("document", None)

    def _is_up(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"`deploy run` ended with {self.process.returncode}:\n{self.output()[-6000:]}")
        try:
            run = json.loads((self.root / ".local" / "run.json").read_text())
        except (OSError, ValueError):
            return False
        return bool(run["up"]) and self.process is not None and run["run_pid"] == self.process.pid

    def stop(self) -> int:
        """Stop it as Ctrl-C does; returns its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait()
        self.process = None
        return code

    def kill(self) -> None:
        """Kill the tool and the embedded AWS with SIGKILL."""
        assert self.process is not None
        server = json.loads((self.root / ".local" / "run.json").read_text())["server_pid"]
        os.kill(server, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.process = None

    def output(self) -> str:
        return self.log_file.read_text(errors="replace")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "deploy", "--root", str(self.root), *arguments]

    def deploy(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run one command of the deploy tool as a process of its own.

        With an environment the tool is imported in that, as in a new terminal.
        """
        if environment is None:
            return forks().run(["--root", str(self.root), *arguments], self._environment())
        return subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self._environment() | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one command of the deploy tool; its output goes to the stage's log."""
        with self.log_file.open("ab") as log:
            return subprocess.Popen(self.command(*arguments), cwd=ROOT, env=self._environment(), stdout=log, stderr=log)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    @cached_property
    def document(self) -> dict[str, Any]:
        """What `make outputs` prints."""
        done = self.deploy("outputs")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def outputs(self, app: str) -> dict[str, str]:
        """The outputs of one app's stack."""
        return self.document["apps"][app]["outputs"]

    def client(self, service: str, credentials: dict[str, Any] | None = None, region: str = "") -> Any:
        """A boto3 client: root's, or that of credentials as Cognito Identity and STS return them."""
        given = credentials or {"AccessKeyId": "test", "SecretKey": "test"}
        return aws_client(
            self.document["endpoint_url"],
            service,
            region or self.document["region"],
            given["AccessKeyId"],
            given.get("SecretKey") or given["SecretAccessKey"],
            given.get("SessionToken"),
        )

    def token(self, app: str, user: str, password: str = "") -> str:
        """An ID token of a demo user, or of a user with a password, by SRP through the tool.

        The token is used again until it ends soon: a sign-in takes half a second of a CPU.
        """
        token = self._tokens.get((app, user), "")
        if not token or id_tokens.ends_soon(token):
            done = self.deploy("token", "--app", app, "--user", user, *(["--password", password] if password else []))
            assert done.returncode == 0, done.stderr
            token = self._tokens[app, user] = done.stdout.strip()
        return token

    def identity(self, app: str, id_token: str) -> tuple[str, dict[str, Any]]:
        """(identity id, temporary credentials) that the app's identity pool gives for an ID token."""
        outputs, cognito = self.outputs(app), self.client("cognito-identity")
        provider = f"cognito-idp.{self.document['region']}.amazonaws.com/{outputs['UserPoolId']}"
        logins = {provider: id_token}
        identity = cognito.get_id(IdentityPoolId=outputs["IdentityPoolId"], Logins=logins)["IdentityId"]
        response = cognito.get_credentials_for_identity(IdentityId=identity, Logins=logins)
        return identity, response["Credentials"]
