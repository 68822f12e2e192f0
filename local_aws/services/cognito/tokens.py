"""Tokens end when AWS ends them, and say about the user's address what is known.

AWS refuses a refresh token after the client's RefreshTokenValidity, revokes only refresh tokens, only for their own
client and only where EnableTokenRevocation is on, and puts `email_verified` false into the ID token unless it is known
to be true.
https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html

In this MiniStack refresh tokens never end, RevokeToken takes anything, and an unknown `email_verified` is true. Hooked
at the reading of refresh tokens, around RevokeToken and at the making of tokens. `auth_time` of a refreshed token
stays the time of the refresh (AWS: of the sign-in), and refresh tokens are not rotated.
"""

import inspect
import time
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito

from local_aws.hooks import Hook
from local_aws.services.cognito import operations as cognito_calls
from local_aws.services.cognito.operations import Answer, Handler, Refused
from local_aws.settings import Settings

_COGNITO = "ministack.services.cognito"
HOOKS = (
    *cognito_calls.HOOKS,
    Hook(f"{_COGNITO}:_refresh_auth_user", "pool,pid,cid,refresh_token"),
    Hook(f"{_COGNITO}:_token_claims", "token"),
    Hook(
        f"{_COGNITO}:_fake_token",
        "sub,pool_id,client_id,token_type,username,user_attrs,groups,nonce,trigger_source,client_metadata,origin_jti,scope",
    ),
)


def install(settings: Settings) -> None:
    """End tokens when AWS does."""
    refresh_auth_user, token_of = cognito._refresh_auth_user, cognito._fake_token
    parameters = inspect.signature(token_of)

    def refresh_auth_user_in_time(pool: Any, pid: str, cid: str, refresh_token: str) -> Any:
        user, error = refresh_auth_user(pool, pid, cid, refresh_token)
        if error is None and time.time() >= cognito._token_claims(refresh_token).get("exp", 0):
            return None, error_response_json("NotAuthorizedException", "Refresh Token has expired", 400)
        return user, error

    def token(*arguments: Any, **named: Any) -> str:
        bound = parameters.bind(*arguments, **named)
        attributes = bound.arguments.get("user_attrs") or {}
        if "email" in attributes:
            bound.arguments["user_attrs"] = {"email_verified": "false"} | attributes
        return str(token_of(*bound.args, **bound.kwargs))

    cognito._refresh_auth_user = refresh_auth_user_in_time
    cognito._fake_token = token
    cognito_calls.around({"RevokeToken": _revoke_token})


def _revoke_token(data: dict[str, Any], call: Handler) -> Answer:
    claims = cognito._token_claims(data.get("Token"))
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    client = pool["_clients"][data["ClientId"]] if pool else {}
    if not client.get("EnableTokenRevocation", True):
        raise Refused("UnsupportedOperationException", "Token revocation is not enabled for this client.")
    if claims.get("token_use") in ("access", "id"):
        raise Refused("UnsupportedTokenTypeException", "Unsupported token type.")
    if claims.get("client_id", data.get("ClientId")) != data.get("ClientId"):
        raise Refused("UnauthorizedException", "The token was not issued to this client.")
    return call(data)
