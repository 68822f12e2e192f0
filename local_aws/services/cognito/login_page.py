"""The login page serves only clients that have it, sends users back only to their callback, and mails random codes.

AWS serves managed login to app clients with an OAuth flow and to the callback URLs that they registered; a one-time
password by mail is random and ends after a few wrong tries.
https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html

This MiniStack checks that when it shows the page and not when the page is sent: whoever posts to `/login` directly
gets any client's users signed in and their authorization code redirected anywhere. The mailed code is 123456, for any
number of tries. Hooked at both.
"""

import secrets
import threading
from typing import Any
from urllib.parse import parse_qs

from ministack.services import cognito

from local_aws.hooks import Hook
from local_aws.settings import Settings

_COGNITO = "ministack.services.cognito"
HOOKS = (
    Hook(f"{_COGNITO}:handle_login_submit", "method,path,headers,body,query_params"),
    Hook(f"{_COGNITO}:_begin_user_auth_challenge", "pool,ua_token,session,challenge"),
    Hook(f"{_COGNITO}:_handle_user_auth_submit", "ua_token,form"),
    Hook(f"{_COGNITO}:_find_pool_by_client_id", "client_id"),
    Hook(f"{_COGNITO}:_oauth2_error", "error,description,status"),
    Hook(f"{_COGNITO}:_pending_user_auth", "type:dict"),
    Hook(f"{_COGNITO}:_EMAIL_OTP_CODE", "type:str"),
)

_WRONG_CODES_ALLOWED = 3
_mailing = threading.Lock()


def install(settings: Settings) -> None:
    """Check what the login page sends as its showing is checked."""
    login, begin, submit = (
        cognito.handle_login_submit,
        cognito._begin_user_auth_challenge,
        cognito._handle_user_auth_submit,
    )

    def handle_login_submit(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        form = {name: values[0] for name, values in parse_qs((body or b"").decode("utf-8", "replace")).items()}
        # Later steps carry the token of a session that began with these checks.
        if not (form.get("np_token") or form.get("ua_token")):
            _, pool, client = cognito._find_pool_by_client_id(form.get("client_id", ""))
            if pool and "code" not in (client.get("AllowedOAuthFlows") or []):
                return cognito._oauth2_error("unauthorized_client", "Client is not allowed to use the code flow.")
            if pool and form.get("redirect_uri") not in (client.get("CallbackURLs") or []):
                return cognito._oauth2_error("invalid_request", "redirect_uri is not allowed.")
        return login(method, path, headers, body, query_params)

    def begin_user_auth_challenge(pool: Any, ua_token: str, session: dict[str, Any], challenge: str) -> Any:
        with _mailing:
            cognito._EMAIL_OTP_CODE = f"{secrets.randbelow(1_000_000):06}"
            return begin(pool, ua_token, session, challenge)

    def handle_user_auth_submit(ua_token: str, form: dict[str, str]) -> Any:
        session = cognito._pending_user_auth.get(ua_token) or {}
        if "otp_code" in session and form.get("code") != session["otp_code"]:
            session["wrong_codes"] = session.get("wrong_codes", 0) + 1
            if session["wrong_codes"] > _WRONG_CODES_ALLOWED:
                cognito._pending_user_auth.pop(ua_token, None)
        return submit(ua_token, form)

    cognito.handle_login_submit = handle_login_submit
    cognito._begin_user_auth_challenge = begin_user_auth_challenge
    cognito._handle_user_auth_submit = handle_user_auth_submit
