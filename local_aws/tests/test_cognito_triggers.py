"""Lambda triggers of a user pool: when they are called, their events, and their failures."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws.tests import lambda_functions
from local_aws.tests.cognito_pools import PASSWORD, Pool, codes, mails, new_address

# Logs each event, and fails or answers as the call's metadata asks.
RECORDER = """
import json

def handler(event, context):
    print("EVENT " + json.dumps(event))
    wanted = (event["request"].get("clientMetadata") or event["request"].get("validationData") or {})
    if wanted.get("fail") == event["triggerSource"].partition("_")[0]:
        raise ValueError("no entry for you")
    if event["triggerSource"].startswith("CustomMessage"):
        event["response"] = {"emailSubject": "Own", "emailMessage": "Own text with {####}"}
    if wanted.get("confirm"):
        event["response"] = {"autoConfirmUser": True, "autoVerifyEmail": True}
    return event
"""
SIGN_UP, SIGN_IN = ("PreSignUp", "PostConfirmation"), ("PreAuthentication", "PostAuthentication", "PreTokenGeneration")


@pytest.fixture(scope="module")
def recorder(aws):
    function = lambda_functions.create(aws, RECORDER)
    arn = aws.client("lambda").get_function(FunctionName=function.name)["Configuration"]["FunctionArn"]
    return function, dict.fromkeys((*SIGN_UP, *SIGN_IN, "CustomMessage"), arn)


@pytest.fixture
def pool(aws, recorder) -> Pool:
    return Pool.create(aws, LambdaConfig=recorder[1])


def events(recorder, pool: Pool) -> list[dict]:
    """The events of one pool, oldest first."""
    lines = [line.partition("EVENT ")[2] for _, line in recorder[0].log_events() if "EVENT " in line]
    return [event for line in lines if (event := json.loads(line))["userPoolId"] == pool.id]


def sources(recorder, pool: Pool) -> list[str]:
    return [event["triggerSource"] for event in events(recorder, pool)]


def sign_in(pool: Pool, address: str, **metadata: str):
    return pool.idp.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": address, "PASSWORD": PASSWORD},
        ClientMetadata=metadata,
    )


def test_sign_up_and_sign_in_call_each_trigger_in_order(aws, recorder, pool):
    address = pool.sign_up()
    mail = mails(aws, address)[0]
    assert (mail["Subject"], mail["BodyText"]) == ("Own", f"Own text with {codes(aws, address)[0]}")
    pool.confirm(address)
    pool.tokens(address)
    assert sources(recorder, pool) == [
        "PreSignUp_SignUp",
        "CustomMessage_SignUp",
        "PostConfirmation_ConfirmSignUp",
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
        *["TokenGeneration_Authentication"] * len([s for s in sources(recorder, pool) if s.startswith("Token")]),
    ]
    confirmed = next(event for event in events(recorder, pool) if event["triggerSource"].startswith("PostConf"))
    sub = pool.attributes(address)["sub"]
    assert (confirmed["version"], confirmed["region"], confirmed["userName"]) == ("1", "us-east-1", sub)
    assert confirmed["callerContext"]["clientId"] == pool.client_id
    attributes = confirmed["request"]["userAttributes"]
    expected = {"sub": sub, "email": address, "email_verified": "true", "cognito:user_status": "CONFIRMED"}
    assert attributes == expected


def test_recovery_and_confirmation_by_an_administrator_call_their_triggers(aws, recorder, pool):
    address = pool.sign_up()
    pool.idp.admin_confirm_sign_up(UserPoolId=pool.id, Username=address, ClientMetadata={"a": "b"})
    first = [event for event in events(recorder, pool) if event["triggerSource"].startswith("PostConf")]
    assert [event["request"]["clientMetadata"] for event in first] == [{"a": "b"}]
    flag = [{"Name": "email_verified", "Value": "true"}]
    pool.idp.admin_update_user_attributes(UserPoolId=pool.id, Username=address, UserAttributes=flag)
    pool.idp.forgot_password(ClientId=pool.client_id, Username=address)
    pool.idp.confirm_forgot_password(
        ClientId=pool.client_id, Username=address, ConfirmationCode=codes(aws, address)[-1], Password="New-horse-12"
    )
    assert sources(recorder, pool)[-2:] == ["CustomMessage_ForgotPassword", "PostConfirmation_ConfirmForgotPassword"]


def test_srp_sign_in_calls_the_triggers_and_a_refresh_does_not(recorder, pool):
    address = pool.user()
    tokens = pool.srp_tokens(address)
    pool.refresh(tokens["RefreshToken"])
    names = [source.partition("_")[0] for source in sources(recorder, pool)]
    assert names.count("PreAuthentication") == 1
    assert names.count("PostAuthentication") == 1


def test_a_failing_trigger_refuses_the_call(recorder, pool):
    address = pool.user()
    refusal = r"UserLambdaValidationException.*PreAuthentication failed with error no entry for you\."
    with pytest.raises(ClientError, match=refusal):
        sign_in(pool, address, fail="PreAuthentication")
    assert sign_in(pool, address)["AuthenticationResult"]
    with pytest.raises(ClientError, match=r"PreSignUp failed with error no entry for you\."):
        pool.sign_up(ClientMetadata={"fail": "PreSignUp"})
    with pytest.raises(ClientError, match="UserLambdaValidationException"):
        pool.sign_up(address=(late := new_address()), ClientMetadata={"fail": "CustomMessage"})
    confirm = pool.idp.admin_confirm_sign_up
    with pytest.raises(ClientError, match=r"PostConfirmation failed with error no entry for you\."):
        confirm(UserPoolId=pool.id, Username=late, ClientMetadata={"fail": "PostConfirmation"})


def test_a_sign_in_that_a_trigger_refuses_is_not_a_wrong_password(pool):
    address = pool.user()
    for _ in range(6):
        with pytest.raises(ClientError, match="UserLambdaValidationException"):
            sign_in(pool, address, fail="PreAuthentication")
    assert sign_in(pool, address)["AuthenticationResult"]


def test_a_pre_sign_up_trigger_can_confirm_the_user(recorder, pool):
    address = pool.sign_up(ClientMetadata={"confirm": "yes"}, ValidationData=[{"Name": "plan", "Value": "gold"}])
    assert pool.attributes(address)["email_verified"] == "true"
    assert pool.tokens(address)["IdToken"]
    first = events(recorder, pool)[0]
    assert first["request"]["validationData"] == {"plan": "gold"}
    assert "PostConfirmation_ConfirmSignUp" in sources(recorder, pool)


def test_only_the_trigger_learns_that_a_user_does_not_exist(recorder, pool):
    with pytest.raises(ClientError, match="Incorrect username or password"):
        sign_in(pool, new_address())
    assert events(recorder, pool)[0]["request"]["userNotFound"] is True
