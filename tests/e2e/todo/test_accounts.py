"""Accounts: sign-up by mail, sign-in, refresh, sign-out everywhere, deletion."""

import pytest
import requests
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from tests.e2e.todo.user import TodoUser


@pytest.fixture
def user(stage):
    return TodoUser(stage).sign_up().sign_in()


def test_a_new_user_signs_up_with_a_mailed_code_and_reads_an_empty_list(user):
    assert user.titles() == []


def test_a_user_who_has_not_confirmed_cannot_sign_in(stage):
    user = TodoUser(stage)
    client_id = user.config["userPoolClientId"]
    attributes = [{"Name": "email", "Value": user.username}]
    user.cognito.sign_up(ClientId=client_id, Username=user.username, Password=user.password, UserAttributes=attributes)
    with pytest.raises(ClientError, match="UserNotConfirmedException"):
        user.sign_in()


def test_a_wrong_password_is_refused_and_a_wrong_user_looks_the_same(user, stage):
    stranger, forgetful = TodoUser(stage), TodoUser(stage, user.username, "not-the-password")
    with pytest.raises(ClientError) as unknown:
        stranger.sign_in()
    with pytest.raises(ClientError) as wrong:
        forgetful.sign_in()
    assert unknown.value.response["Error"] == wrong.value.response["Error"]
    assert wrong.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_a_refreshed_id_token_opens_the_api(user):
    user.tokens["IdToken"] = user.refresh()["IdToken"]
    assert user.titles() == []


def test_sign_out_everywhere_ends_refreshing_at_once(user):
    user.cognito.global_sign_out(AccessToken=user.tokens["AccessToken"])
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        user.refresh()


def test_a_revoked_refresh_token_is_refused_at_once(user):
    user.cognito.revoke_token(Token=user.tokens["RefreshToken"], ClientId=user.config["userPoolClientId"])
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        user.refresh()


def test_a_forgotten_password_is_reset_with_a_mailed_code(user, stage):
    client_id = user.config["userPoolClientId"]
    sign_up_code = user.code()
    user.cognito.forgot_password(ClientId=client_id, Username=user.username)
    assert user.code() != sign_up_code
    user.cognito.confirm_forgot_password(
        ClientId=client_id, Username=user.username, ConfirmationCode=user.code(), Password="another-long-secret"
    )
    assert TodoUser(stage, user.username, "another-long-secret").sign_in().titles() == []


def test_the_id_token_is_valid_for_five_minutes(user):
    assert user.claims["exp"] - user.claims["iat"] == 300


def test_a_deleted_account_loses_its_todos_files_and_user(user, stage):
    user.add("soon gone")
    user.client("s3").put_object(Bucket=user.config["bucket"], Key=f"{user.folder}/note.txt", Body=b"soon gone")
    response = user.call("DELETE", "/account")
    assert response.status_code == 202, response.text
    assert user.call("POST", "/todos", {"title": "too late"}).status_code in (401, 410)

    root, names = stage.client, stage.outputs("todo_app")
    wait_until(lambda: not _todos(root("dynamodb"), names["TableName"], user.sub))
    wait_until(lambda: not root("s3").list_objects_v2(Bucket=names["BucketName"], Prefix=user.folder).get("Contents"))
    wait_until(lambda: not _users(root("cognito-idp"), names["UserPoolId"], user.username))
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        user.refresh()


def test_without_a_token_only_the_configuration_is_public(stage):
    api_url = stage.document["apps"]["todo_app"]["api_url"]
    assert requests.get(f"{api_url}/config").status_code == 200
    for method, path in (("GET", "/todos"), ("POST", "/todos"), ("DELETE", "/todos"), ("DELETE", "/account")):
        assert requests.request(method, api_url + path).status_code == 401, (method, path)


def _todos(dynamodb, table, owner):
    response = dynamodb.query(
        TableName=table,
        KeyConditionExpression="#owner = :owner AND begins_with(#key, :todo)",
        ExpressionAttributeNames={"#owner": "owner", "#key": "key"},
        ExpressionAttributeValues={":owner": {"S": owner}, ":todo": {"S": "todo#"}},
    )
    return response["Items"]


def _users(cognito, pool, username):
    return cognito.list_users(UserPoolId=pool, Filter=f'email = "{username}"')["Users"]
