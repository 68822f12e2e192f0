"""todo_app, deployed, does what its contract says: schemathesis with every check on."""

from pathlib import Path

from tests.e2e.contract_run import assert_kept
from tests.e2e.local_stage import LocalStage

APP = "todo_app"
PASSWORD = "a-contract-has-2-sides"


def new_user_token(stage: LocalStage, username: str) -> str:
    """The ID token of a user of this test only, whose data may be deleted."""
    cognito, pool = stage.client("cognito-idp"), stage.outputs(APP)["UserPoolId"]
    cognito.admin_create_user(UserPoolId=pool, Username=username, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=username, Password=PASSWORD, Permanent=True)
    done = stage.deploy("token", "--app", APP, "--user", username, "--password", PASSWORD)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_todos_are_as_the_contract_says(stage: LocalStage, tmp_path: Path):
    token = new_user_token(stage, "contract@example.com")
    assert_kept(APP, stage.document["apps"][APP]["api_url"], token, tmp_path, "--exclude-path", "/account")


def test_an_account_is_deleted_as_the_contract_says(stage: LocalStage, tmp_path: Path):
    # By itself: after the first request the user can change nothing any more.
    token = new_user_token(stage, "leaving@example.com")
    assert_kept(APP, stage.document["apps"][APP]["api_url"], token, tmp_path, "--include-path", "/account")
