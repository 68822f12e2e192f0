"""Tokens expire and are revoked as on AWS, and an ID token says whether the user's address is verified.

AWS refuses a refresh token after the client's RefreshTokenValidity. It revokes only refresh tokens, only for the client
that got them, and only if EnableTokenRevocation is on. `email_verified` in the ID token is false unless the address is
known to be verified.
https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html

In this MiniStack refresh tokens never expire, RevokeToken accepts any token, and an unknown `email_verified` is true.

Two differences remain. `auth_time` of a refreshed token is the time of the refresh (on AWS, of the sign-in), and
refresh tokens are not rotated.
"""

import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito

from local_aws.hooks import wraps
from local_aws.services.cognito import operations
from local_aws.services.cognito.operations import CognitoError, Handler, Response


@wraps("ministack.services.cognito:_refresh_auth_user")
def _refresh_auth_user(refresh: Callable[..., Any], pool: Any, pid: str, cid: str, refresh_token: str) -> Any:
    user, error = refresh(pool, pid, cid, refresh_token)
    if error is None and time.time() >= cognito._token_claims(refresh_token).get("exp", 0):
        return None, error_response_json("NotAuthorizedException", "Refresh Token has expired", 400)
    return user, error


@wraps("ministack.services.cognito:_fake_token")
def _token(sign: Callable[..., str], *values: Any, user_attrs: dict[str, Any] | None = None, **options: Any) -> str:
    """Let an address be unverified unless the user's attributes say otherwise; callers pass them by keyword."""
    if user_attrs and "email" in user_attrs:
        user_attrs = {"email_verified": "false"} | user_attrs
    return str(sign(*values, user_attrs=user_attrs, **options))


@operations.around("_revoke_token")
def _revoke_token(data: dict[str, Any], call: Handler) -> Response:
    claims = cognito._token_claims(data.get("Token"))
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    client = pool["_clients"][data["ClientId"]] if pool else {}
    if not client.get("EnableTokenRevocation", True):
        raise CognitoError("UnsupportedOperationException", "Token revocation is not enabled for this client.")
    if claims.get("token_use") in ("access", "id"):
        raise CognitoError("UnsupportedTokenTypeException", "Unsupported token type.")
    if claims.get("client_id", data.get("ClientId")) != data.get("ClientId"):
        raise CognitoError("UnauthorizedException", "The token was not issued to this client.")
    return call(data)
