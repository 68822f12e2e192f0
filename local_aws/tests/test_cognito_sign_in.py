"""Sign-in: flows, locks and challenges, by AWS's developer guide."""

import urllib.parse
import urllib.request
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
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
SIGNED_IN = "signed in"
Attempt = Callable[[], str]


def attempt(sign_in, address: str, password: str) -> Attempt:
    """A sign-in that returns its error, or `SIGNED_IN`."""

    def run() -> str:
        try:
            sign_in(address, password)
        except ClientError as error:
            return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return SIGNED_IN

    return run


def assert_locks(wrong: Attempt, *right: Attempt) -> None:
    """Five wrong passwords lock, and a locked user cannot sign in with the right one.

    The first lock is a second, and each further wrong password doubles it. A machine that is too slow to try within a
    lock tries within a longer one. A right password after a lock starts over.
    """
    for count in range(5, 12):
        assert [wrong() for _ in range(5)] == [INCORRECT] * 5
        for _ in range(5, count):
            wait_until(wrong, "the lock's end", until=lambda response: response == INCORRECT)
        responses = {sign_in() for sign_in in right}
        if responses == {EXCEEDED}:
            return
        assert responses <= {EXCEEDED, SIGNED_IN}
        wait_until(right[0], "the lock's end", until=lambda response: response == SIGNED_IN)
    pytest.fail("the right password was never refused")


def test_srp_and_password_sign_in(pool):
    address = pool.user()
    assert pool.srp_tokens(address)["IdToken"]
    assert pool.tokens(address)["IdToken"]
    assert message(pool.srp_tokens, address, WRONG) == INCORRECT
    assert message(pool.tokens, address, WRONG) == INCORRECT


@pytest.mark.parametrize("flow", ["tokens", "srp_tokens"])
def test_the_fifth_wrong_password_locks_and_the_right_one_resets_the_count(pool, flow):
    address = pool.user()
    sign_in = getattr(pool, flow)
    wrong, right = attempt(sign_in, address, WRONG), attempt(sign_in, address, PASSWORD)
    assert_locks(wrong, right, attempt(pool.srp_tokens, address, PASSWORD))
    wait_until(right, "the lock's end", until=lambda response: response == SIGNED_IN)
    for _ in range(4):
        assert message(sign_in, address, WRONG) == INCORRECT
    assert sign_in(address)["IdToken"]


@pytest.mark.parametrize("flow", ["tokens", "srp_tokens"])
def test_an_unknown_name_is_locked_in_the_same_way(pool, flow):
    wrong = attempt(getattr(pool, flow), new_address(), WRONG)
    assert [wrong() for _ in range(5)] == [INCORRECT] * 5
    # Each further attempt on a name that is not locked locks it for twice as long.
    wait_until(wrong, "a lock", until=lambda response: response == EXCEEDED)


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
        with urllib.request.urlopen(f"{aws.endpoint_url}/login", body) as response:
            return response.read().decode()

    def shown(password: str) -> str:
        body, texts = page(password), {"Incorrect username or password": INCORRECT, "attempts exceeded": EXCEEDED}
        return next((response for text, response in texts.items() if text in body), SIGNED_IN)

    wrong, right = (lambda: shown(WRONG)), (lambda: shown(PASSWORD))
    assert_locks(wrong, right, attempt(pool.tokens, address, PASSWORD))


def test_only_enabled_flows_are_accepted(aws):
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
    response = pool.idp.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": address, "PASSWORD": PASSWORD},
    )
    assert response["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    return address, response["Session"]


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
    def response():
        pool.idp.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName=challenge,
            Session="x" * 40,
            ChallengeResponses={"USERNAME": pool.user(), "SOFTWARE_TOKEN_MFA_CODE": "123456"},
        )

    assert message(response).startswith("NotAuthorizedException")
