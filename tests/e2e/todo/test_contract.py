"""todo_app, deployed, does what its contract says: schemathesis with every check on."""

from pathlib import Path

from tests.e2e.contract_run import assert_kept
from tests.e2e.local_stage import LocalStage

APP = "todo_app"
PASSWORD = "a-contract-has-2-sides"


def assert_kept_for(stage: LocalStage, username: str, folder: Path, *arguments: str) -> None:
    """Assert that the contract is kept for a user of this test only, whose data may be deleted."""
    cognito, pool = stage.client("cognito-idp"), stage.outputs(APP)["UserPoolId"]
    cognito.admin_create_user(UserPoolId=pool, Username=username, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=username, Password=PASSWORD, Permanent=True)
    api_url = stage.document["apps"][APP]["api_url"]
    assert_kept(stage, APP, api_url, *arguments, user=username, password=PASSWORD, folder=folder)


def test_todos_are_as_the_contract_says(stage: LocalStage, tmp_path: Path):
    assert_kept_for(stage, "contract@example.com", tmp_path, "--exclude-path", "/account")


def test_an_account_is_deleted_as_the_contract_says(stage: LocalStage, tmp_path: Path):
    # By itself: after the first request the user can change nothing any more.
    assert_kept_for(stage, "leaving@example.com", tmp_path, "--include-path", "/account")
