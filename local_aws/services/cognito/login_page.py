"""The login page serves only clients that use it, redirects users only to a callback URL, and mails random codes.

AWS serves managed login to app clients with an OAuth flow, and redirects to the callback URLs that they registered. A
one-time password sent by mail is random and stops working after a few wrong attempts.
https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html

This MiniStack checks the client and the URL when it shows the page, but not when the form is submitted. A direct POST
to `/login` signs in the users of any client and redirects their authorization code to any URL. The mailed code is
123456, and it allows any number of attempts.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from ministack.services import cognito

from local_aws.hooks import wraps

_WRONG_CODES_ALLOWED = 3
_mailing = threading.Lock()


@wraps("ministack.services.cognito:handle_login_submit")
def _handle_login_submit(
    submit: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Any:
    """Check a submitted form as the page is checked when it is shown."""
    form = {name: values[0] for name, values in parse_qs((body or b"").decode("utf-8", "replace")).items()}
    # Later steps carry the token of a session that began with these checks.
    if not (form.get("np_token") or form.get("ua_token")):
        _, pool, client = cognito._find_pool_by_client_id(form.get("client_id", ""))
        if pool and "code" not in (client.get("AllowedOAuthFlows") or []):
            return cognito._oauth2_error("unauthorized_client", "Client is not allowed to use the code flow.")
        if pool and form.get("redirect_uri") not in (client.get("CallbackURLs") or []):
            return cognito._oauth2_error("invalid_request", "redirect_uri is not allowed.")
    return submit(method, path, headers, body, query_params)


@wraps("ministack.services.cognito:_begin_user_auth_challenge")
def _begin_user_auth_challenge(
    begin: Callable[..., Any], pool: Any, ua_token: str, session: dict[str, Any], challenge: str
) -> Any:
    """Mail a random code."""
    with _mailing:
        cognito._EMAIL_OTP_CODE = f"{secrets.randbelow(1_000_000):06}"
        return begin(pool, ua_token, session, challenge)


@wraps("ministack.services.cognito:_handle_user_auth_submit")
def _handle_user_auth_submit(submit: Callable[..., Any], ua_token: str, form: dict[str, str]) -> Any:
    """End the session after a few wrong codes."""
    session = cognito._pending_user_auth.get(ua_token) or {}
    if "otp_code" in session and form.get("code") != session["otp_code"]:
        session["wrong_codes"] = session.get("wrong_codes", 0) + 1
        if session["wrong_codes"] > _WRONG_CODES_ALLOWED:
            cognito._pending_user_auth.pop(ua_token, None)
    return submit(ua_token, form)
