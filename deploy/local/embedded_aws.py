"""The embedded AWS as a child process of `run`: start it, wait for it, print its warnings, stop it."""

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from deploy.apps import App
from deploy.checkout import Checkout, Run, answers
from deploy.environment import scrubbed
from deploy.errors import CommandFailed, DeployError
from deploy.local.new_apps import app_addresses, app_ports
from deploy.progress import out

_MQTT_OFFSET = 13
# The first of ten ports for DAX clusters, which AWS has at 8111.
_DAX_OFFSET = 111
_START_SECONDS = 60
# What is built once for the checkout, whichever apps are run from it.
_TOOL_CHECKOUT = Path(__file__).parents[2]
# Functions and connections end within seconds, and a save that hangs after 40 s. The save of several GB takes minutes.
_STOP_SECONDS = 300
# A buffer of Firehose that AWS delivers after 60 s is delivered after 6 s.
_FIREHOSE_TIME_SCALE = 0.1


@dataclass
class EmbeddedAws:
    """One embedded AWS and its process."""

    checkout: Checkout
    port: int
    apps: list[App]
    process: subprocess.Popen[bytes] | None = None
    _has_served: bool = False
    _printed_bytes: int = 0

    @property
    def _endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """The warnings and errors that the server prints."""
        return self.checkout.local / "aws.log"

    def ports(self) -> list[int]:
        """Every port that it listens on."""
        return [self.port, self._mqtt_port, *(port for app in self.apps for port in app_ports(app, self.port))]

    @property
    def _mqtt_port(self) -> int:
        return self.port + _MQTT_OFFSET

    def start(self) -> Run:
        """Start the server and wait until it answers.

        Raises
        ------
        DeployError
            A port is taken.
        CommandFailed
            The server ended at once; the text has the end of its log.
        """
        self._end_orphan()
        for port in self.ports():
            require_free(port)
        with self.log_file.open("wb") as log:
            # A session of its own: Ctrl-C reaches this process only, which then stops the server in order.
            self.process = subprocess.Popen(
                self._command(),
                cwd=_TOOL_CHECKOUT,
                env=scrubbed(os.environ, {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        self._wait_until_it_answers()
        self._has_served = True
        # What the start has lost or skipped is known here only.
        self.print_new_log(("WARNING", "ERROR"))
        run = self._run(self.process.pid)
        self.checkout.record_run(run)
        return run

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "local_aws", "serve", "--state-dir", str(self.checkout.aws_state)]
        command += ["--function-runtime", str(_TOOL_CHECKOUT / ".cache" / "function-runtime")]
        command += ["--port", str(self.port), "--mqtt-port", str(self._mqtt_port)]
        command += ["--dax-port", str(self.port + _DAX_OFFSET)]
        command += ["--firehose-time-scale", str(_FIREHOSE_TIME_SCALE)]
        for app in self.apps:
            command += ["--front", f"{app.key}={','.join(map(str, app_ports(app, self.port)))}"]
        return command

    def stop(self) -> bool:
        """End the server; returns whether no data is lost: it saved its state, or never served a request."""
        if self.process is None:
            return True
        if self.process.poll() is None:
            self._terminate(self.process)
            self.print_new_log()
        return self.process.returncode == 0 or not self._has_served

    def _terminate(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def watch(self) -> None:
        """Print the server's new warnings and errors; raise CommandFailed when it has ended by itself."""
        self.require_running()
        self.print_new_log()

    def print_new_log(self, prefixes: tuple[str, ...] = ("",)) -> None:
        """Print what the server has logged since the last call: the lines that begin with one of these words."""
        with self.log_file.open("rb") as log:
            log.seek(self._printed_bytes)
            text = log.read()
        self._printed_bytes += len(text)
        lines = (line for line in text.decode(errors="replace").splitlines() if line.startswith(prefixes))
        for line in lines:
            out.print(f"embedded AWS: {line}", style="yellow", markup=False)

    def require_running(self) -> None:
        """Raise CommandFailed, with the end of the log, when the server has ended by itself."""
        if self.process is None or self.process.poll() is not None:
            raise CommandFailed(self.reason_of_end())

    def reason_of_end(self) -> str:
        """Say how the server ended by itself, with the end of its log. Other commands read it in the checkout."""
        end = self._end()
        if run := self.checkout.recorded_run():
            self.checkout.record_run(msgspec.structs.replace(run, end=end))
        tail = self.log_file.read_text(errors="replace")[-3000:] or "(it is empty)"
        return f"the embedded AWS stopped, {end}; the end of {self.log_file}:\n{tail}"

    def _end(self) -> str:
        code = self.process.wait() if self.process else 0
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not answers(self._endpoint_url):
            self.require_running()
            if time.monotonic() > deadline:
                raise CommandFailed(f"the embedded AWS does not answer after {_START_SECONDS} s; see {self.log_file}")
            time.sleep(0.05)

    def _run(self, pid: int) -> Run:
        return Run(
            port=self.port,
            endpoint_url=self._endpoint_url,
            mailbox_url=f"{self._endpoint_url}/mailbox",
            ca_file=str(self.checkout.aws_state / "ca.pem"),
            run_pid=os.getpid(),
            server_pid=pid,
            addresses={app.key: app_addresses(app, self.port) for app in self.apps},
        )

    def _end_orphan(self) -> None:
        """End the server of a run that was killed before it could end the server itself."""
        run = self.checkout.recorded_run()
        if run is None or not is_server(run.server_pid, self.checkout.aws_state):
            return
        os.kill(run.server_pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while is_server(run.server_pid, self.checkout.aws_state):
            if time.monotonic() > deadline:
                os.kill(run.server_pid, signal.SIGKILL)
            time.sleep(0.05)


def require_free(port: int, alternative: str = "make run PORT=9000") -> None:
    """Raise DeployError when something listens on a port of this machine; `alternative` takes another port."""
    if not (_is_free(socket.AF_INET, "127.0.0.1", port) and _is_free(socket.AF_INET6, "::1", port)):
        raise DeployError(f"port {port} is taken: stop what listens there, or choose another: `{alternative}`")


def _is_free(family: socket.AddressFamily, host: str, port: int) -> bool:
    """Whether nothing listens on a port of an address. A machine without IPv6 has nothing there."""
    try:
        with socket.socket(family) as probe:
            # As the server itself: a port in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True


def end_with_parent(by: signal.Signals = signal.SIGTERM) -> None:
    """Ask Linux to end this process, by a signal, when its parent dies, however that dies."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, by)


def is_server(pid: int, state: Path) -> bool:
    """Whether this process is an embedded AWS on this state folder."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"local_aws" in command and str(state).encode() in command
