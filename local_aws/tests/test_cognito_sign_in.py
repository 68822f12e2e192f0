"""Sign-in: flows, locks and challenges, as AWS's developer guide has them."""

import time
import urllib.parse
import urllib.request

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.cognito_pools import PASSWORD, Pool, new_address

WRONG = "Wrong-horse-9"


@pytest.fixture(scope="module")
def pool(aws) -> Pool:
    return Pool.create(aws)


def message(call, *arguments) -> str:
    """The error of a call that must fail, as `code: message`."""
    with pytest.raises(ClientError) as caught:
        call(*arguments)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


INCORRECT = "NotAuthorizedException: Incorrect username or password."
EXCEEDED = "NotAuthorizedException: Password attempts exceeded"


def test_srp_and_password_sign_in(pool):
    address = pool.user()
    assert pool.srp_tokens(address)["IdToken"]
    assert pool.tokens(address)["IdToken"]
    assert message(pool.srp_tokens, address, WRONG) == INCORRECT
    assert message(pool.tokens, address, WRONG) == INCORRECT


@pytest.mark.parametrize("flow", ["tokens", "srp_tokens"])
def test_the_fifth_wrong_password_locks_and_the_right_one_unlocks(pool, flow):
    address = pool.user()
    sign_in = getattr(pool, flow)
    for _ in range(5):
        assert message(sign_in, address, WRONG) == INCORRECT
    assert message(sign_in, address, PASSWORD) == EXCEEDED
    assert message(pool.srp_tokens, address, PASSWORD) == EXCEEDED
    assert _after_the_lock(pool, address, seconds=20)["IdToken"]
    for _ in range(4):
        assert message(sign_in, address, WRONG) == INCORRECT
    assert sign_in(address)["IdToken"]


@pytest.mark.parametrize("flow", ["tokens", "srp_tokens"])
def test_a_name_without_a_user_locks_alike(pool, flow):
    sign_in, nobody = getattr(pool, flow), new_address()
    for _ in range(5):
        assert message(sign_in, nobody, WRONG) == INCORRECT
    assert message(sign_in, nobody, WRONG) == EXCEEDED


def test_the_login_page_locks_too(aws):
    callback = "https://example.com/back"
    oauth = {
        "CallbackURLs": [callback],
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"],
        "AllowedOAuthFlowsUserPoolClient": True,
    }
    pool = Pool.create(aws, client=oauth)
    address = pool.user()

    def page(password: str) -> str:
        form = {"client_id": pool.client_id, "redirect_uri": callback, "response_type": "code", "scope": "openid"}
        form |= {"username": address, "password": password}
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{aws.endpoint_url}/login", body, timeout=10) as answer:
            return answer.read().decode()

    for _ in range(5):
        assert "Incorrect username or password" in page(WRONG)
    assert "Password attempts exceeded" in page(PASSWORD)
    assert message(pool.tokens, address, PASSWORD) == EXCEEDED


def _after_the_lock(pool: Pool, address: str, seconds: float):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return pool.tokens(address)
        except ClientError as error:
            if "Password attempts exceeded" not in str(error) or time.monotonic() > deadline:
                raise


def test_a_lock_grows_with_each_wrong_password(pool):
    address = pool.user()
    for _ in range(5):
        assert message(pool.tokens, address, WRONG) == INCORRECT
    began = time.monotonic()
    while message(pool.tokens, address, WRONG) == EXCEEDED:
        assert time.monotonic() < began + 10
    assert time.monotonic() - began > 0.8
    began = time.monotonic()
    assert _after_the_lock(pool, address, seconds=20)["IdToken"]
    assert time.monotonic() - began > 1.5


def test_only_enabled_flows_are_served(aws):
    pool = Pool.create(aws, client={"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]})
    address = pool.user()
    assert message(pool.tokens, address).startswith("InvalidParameterException: USER_PASSWORD_AUTH flow not enabled")
    assert pool.refresh(pool.srp_tokens(address)["RefreshToken"])["IdToken"]
    pool = Pool.create(aws, client={"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]})
    address = pool.user()
    assert message(pool.srp_tokens, address).startswith("InvalidParameterException")


def invited(pool: Pool) -> tuple[str, str]:
    """A user with a temporary password, and the session of the challenge to change it."""
    address = pool.user()
    pool.idp.admin_set_user_password(UserPoolId=pool.id, Username=address, Password=PASSWORD, Permanent=False)
    answer = pool.idp.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": address, "PASSWORD": PASSWORD},
    )
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    return address, answer["Session"]


def change(pool: Pool, session: str, address: str, password: str = "Changed-horse-1"):
    return pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=session,
        ChallengeResponses={"USERNAME": address, "NEW_PASSWORD": password},
    )["AuthenticationResult"]


def test_a_temporary_password_is_changed_with_its_own_session_once(pool):
    address, session = invited(pool)
    assert message(change, pool, session, address, "short").startswith("InvalidPasswordException")
    assert change(pool, session, address)["IdToken"]
    assert message(change, pool, session, address).startswith("NotAuthorizedException")
    assert pool.tokens(address, "Changed-horse-1")["IdToken"]


def test_nobody_sets_another_users_password(pool):
    _, session = invited(pool)
    victim, _ = invited(pool)
    settled = pool.user()
    for name in (victim, settled):
        assert message(change, pool, session, name).startswith("NotAuthorizedException")
        assert message(change, pool, "x" * 40, name).startswith("NotAuthorizedException")
    assert pool.tokens(settled)["IdToken"]


@pytest.mark.parametrize("challenge", ["SOFTWARE_TOKEN_MFA", "MFA_SETUP"])
def test_an_mfa_challenge_needs_a_session(pool, challenge):
    def answer():
        pool.idp.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName=challenge,
            Session="x" * 40,
            ChallengeResponses={"USERNAME": pool.user(), "SOFTWARE_TOKEN_MFA_CODE": "123456"},
        )

    assert message(answer).startswith("NotAuthorizedException")
