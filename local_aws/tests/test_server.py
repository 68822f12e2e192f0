"""The server's start and stop."""

import importlib.metadata
import signal
import socket
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from local_aws.settings import Settings, UnsafeSettings
from local_aws.testing import ROOT, EmbeddedAws, free_port, free_ports


def serve(tmp_path, *arguments: str, first: str = "") -> subprocess.CompletedProcess[str]:
    """Run a server that must refuse to start, after the statements `first`."""
    program = f"import sys\n{first}\nfrom local_aws.__main__ import main\nsys.exit(main())"
    command = [sys.executable, "-c", program, "serve", "--state-dir", str(tmp_path / "state"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def assert_refused(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    for word in words:
        assert word in ended.stderr


def test_iam_is_enforced(aws):
    iam = aws.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("s3", key["AccessKeyId"], key["SecretAccessKey"]).list_buckets()


def test_a_non_loopback_address_is_refused(tmp_path):
    with pytest.raises(UnsafeSettings):
        Settings(state_dir=tmp_path, host="0.0.0.0")
    assert_refused(serve(tmp_path, "--host", "0.0.0.0"), "0.0.0.0")


def test_a_port_in_use_is_named_and_the_server_does_not_start(tmp_path):
    port, front, secure = free_ports(3)
    with socket.create_server(("127.0.0.1", secure)):
        ended = serve(tmp_path, "--port", str(port), "--front", f"todo_app={front},{secure}")
    assert_refused(ended, str(secure), "make run PORT=")
    assert not (tmp_path / "state").exists()


def test_a_second_server_on_the_same_state_is_refused(aws, tmp_path):
    (tmp_path / "state").symlink_to(aws.state_dir)
    assert_refused(serve(tmp_path, "--port", str(free_port())), str(aws.process.pid))


def test_a_state_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "state").write_text("a file")
    assert_refused(serve(tmp_path, "--port", str(free_port())), str(tmp_path / "state"))


def test_the_terminal_stays_quiet_and_the_log_is_in_a_file(aws):
    assert "MiniStack" not in aws.log_file.read_text()
    assert "Ready" in aws.server_log.read_text()


def test_a_clean_stop_does_not_wait_for_open_connections_and_exits_with_status_0(tmp_path):
    server = EmbeddedAws(tmp_path / "state").start()
    process = server.process
    open_connection = socket.create_connection(("127.0.0.1", server.port))
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    open_connection.close()
    assert server.log_file.read_text() == ""


def test_a_changed_ministack_is_refused_with_the_modules_that_use_the_name_and_the_versions(tmp_path):
    change = """
from local_aws.hooks import registry
declared = registry.declared
def after_a_change():
    from ministack import app
    app.save_all = lambda everything: None
    return declared()
registry.declared = after_a_change
"""
    ended = serve(tmp_path, "--port", str(free_port()), first=change)
    version = importlib.metadata.version("ministack")
    assert_refused(ended, "app:save_all", "(everything), expected (services)", "a hook", f"ministack {version}")


def test_no_iam_enforcement_is_refused(tmp_path):
    change = """
import os
from local_aws import environment
prepare = environment.prepare
environment.prepare = lambda settings: (prepare(settings), os.environ.update(AUTH="false"))
"""
    assert_refused(serve(tmp_path, "--port", str(free_port()), first=change), "IAM")


def test_a_missing_cryptography_is_refused(tmp_path):
    ended = serve(tmp_path, "--port", str(free_port()), first="sys.modules['cryptography'] = None")
    assert_refused(ended, "cryptography")
