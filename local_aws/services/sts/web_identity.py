"""AssumeRoleWithWebIdentity checks who signed the token, and whether it has expired.

AWS refuses a token that its issuer did not sign (InvalidIdentityToken) or that has expired (ExpiredTokenException). The
session keeps the token's identity for policies. An identity pool issues tokens for this "basic" flow only with
AllowClassicFlow.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html

This MiniStack accepts any token, so anybody who knows an identity pool's id can assume its role. Here only Cognito's
own tokens can be checked, and the tokens of other providers are refused.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito, sts

from local_aws.hooks import wraps

_IDENTITY_ISSUER = "https://cognito-identity.amazonaws.com"
_identity: ContextVar[dict[str, Any] | None] = ContextVar("web_identity", default=None)


@wraps("ministack.services.sts:_web_identity_trust_denied")
def _trust_denied(denied: Callable[..., Any], role_arn: str, params: dict[str, Any], use_json: bool) -> Any:
    """Check the token before the role's trust policy, and keep its claims for the session."""
    token = sts._p(params, "WebIdentityToken")
    claims = cognito._token_claims(token)
    problem = _problem(token, claims)
    if problem:
        return error_response_json(*problem, 400) if use_json else sts._error(400, *problem, ns="sts")
    _identity.set(claims if claims.get("iss") == _IDENTITY_ISSUER else None)
    return denied(role_arn, params, use_json)


@wraps("ministack.services.sts:register_session")
def _register_session(register: Callable[..., None], access_key: str, session: dict[str, Any]) -> None:
    claims = _identity.get()
    _identity.set(None)
    if claims:
        session["_identity_id"], session["_identity_pool_id"] = claims["sub"], claims["aud"]
        session["_cognito_amr"] = claims["amr"]
    register(access_key, session)


@wraps("ministack.services.cognito:_get_open_id_token")
def _get_open_id_token(open_id_token: Callable[..., Any], data: dict[str, Any]) -> Any:
    pools = cognito._identity_pools.values()
    pool = next((pool for pool in pools if data.get("IdentityId") in pool["_identities"]), None)
    if pool is not None and not pool.get("AllowClassicFlow"):
        message = "Basic (classic) flow is not enabled, please use enhanced flow."
        return error_response_json("InvalidParameterException", message, 400)
    return open_id_token(data)


def _problem(token: str, claims: dict[str, Any]) -> tuple[str, str] | None:
    if token.count(".") != 2 or not claims or not cognito._signature_valid(token):
        return "InvalidIdentityToken", "Couldn't verify the web identity token."
    if time.time() >= claims.get("exp", 0):
        return "ExpiredTokenException", "Token expired"
    return None
