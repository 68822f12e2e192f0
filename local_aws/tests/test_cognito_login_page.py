"""The login page, with forms that an attacker sends directly."""

import re
import urllib.error
import urllib.parse
import urllib.request

import pytest

from local_aws.tests.cognito_pools import PASSWORD, Pool, codes

CALLBACK = "https://example.com/back"
OAUTH = {
    "CallbackURLs": [CALLBACK],
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
    "AllowedOAuthFlowsUserPoolClient": True,
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def post(aws, **form: str) -> tuple[int, str, str]:
    """Send a form; returns the status, the Location and the body."""
    body = urllib.parse.urlencode({"response_type": "code", "scope": "openid", **form}).encode()
    try:
        with urllib.request.build_opener(_NoRedirect).open(f"{aws.endpoint_url}/login", body) as response:
            return response.status, "", response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location", ""), error.read().decode()


def test_a_code_goes_to_a_registered_callback_only(aws):
    pool = Pool.create(aws, client=OAUTH)
    who = {"client_id": pool.client_id, "username": pool.user(), "password": PASSWORD}
    status, place, _ = post(aws, **who, redirect_uri=CALLBACK)
    assert status in (302, 303)
    assert place.startswith(f"{CALLBACK}?code=")
    assert post(aws, **who, redirect_uri="https://evil.example.com/")[:2] == (400, "")


@pytest.mark.parametrize("flow", ["", "USER_AUTH"])
def test_a_client_without_the_code_flow_has_no_login_page(aws, flow):
    pool = Pool.create(aws)
    form = {"client_id": pool.client_id, "username": pool.user(), "password": PASSWORD, "auth_flow": flow}
    assert post(aws, **form, redirect_uri=CALLBACK)[0] == 400


def test_a_mailed_password_is_random_and_expires_after_wrong_attempts(aws):
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    flows = ["ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    pool = Pool.create(aws, client=OAUTH | {"ExplicitAuthFlows": flows}, Policies=factors)
    address = pool.user()

    def started() -> str:
        form = {"client_id": pool.client_id, "username": address, "redirect_uri": CALLBACK, "auth_flow": "USER_AUTH"}
        token = re.search(r'name="ua_token" value="([^"]+)"', post(aws, **form)[2])
        assert token is not None
        post(aws, ua_token=token[1], challenge="EMAIL_OTP")
        return token[1]

    token = started()
    code = codes(aws, address)[-1]
    for _ in range(3):
        assert "Incorrect code" in post(aws, ua_token=token, code=f"{(int(code) + 1) % 1_000_000:06}")[2]
    assert post(aws, ua_token=token, code="wrong")[0] == 400
    assert post(aws, ua_token=token, code=code)[0] == 400
    assert post(aws, ua_token=started(), code=codes(aws, address)[-1])[1].startswith(f"{CALLBACK}?code=")
    assert len(set(codes(aws, address))) > 1
