"""todo_app, deployed, does what its contract says: schemathesis with every check on."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.local_stage import ROOT, LocalStage

APP = "todo_app"
PASSWORD = "a-contract-has-2-sides"
_HERE = Path(__file__).parent.parent


def new_user_token(stage: LocalStage, username: str) -> str:
    """The ID token of a user of this test only, whose data may be deleted."""
    cognito, pool = stage.client("cognito-idp"), stage.outputs(APP)["UserPoolId"]
    cognito.admin_create_user(UserPoolId=pool, Username=username, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=username, Password=PASSWORD, Permanent=True)
    done = stage.deploy("token", "--app", APP, "--user", username, "--password", PASSWORD)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def schemathesis(stage: LocalStage, folder: Path, token: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    api_url = stage.document["apps"][APP]["api_url"]
    return subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            *("--config-file", _HERE / "schemathesis.toml"),
            *("run", ROOT / APP / "openapi.json", "--url", api_url, "--no-color"),
            *("--header", f"Authorization: Bearer {token}", *arguments),
        ],
        # The hooks are found from the checkout; what schemathesis writes stays out of it.
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_todos_are_as_the_contract_says(stage: LocalStage, tmp_path: Path):
    token = new_user_token(stage, "contract@example.com")
    done = schemathesis(stage, tmp_path, token, "--exclude-path", "/account")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_account_is_deleted_as_the_contract_says(stage: LocalStage, tmp_path: Path):
    # By itself: after the first request the user can change nothing any more.
    token = new_user_token(stage, "leaving@example.com")
    done = schemathesis(stage, tmp_path, token, "--include-path", "/account")
    assert done.returncode == 0, done.stdout + done.stderr
