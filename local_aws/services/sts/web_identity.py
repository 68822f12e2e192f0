"""AssumeRoleWithWebIdentity checks the token: who signed it, and whether it is over.

AWS refuses a token whose signature does not fit its issuer (InvalidIdentityToken) or which is expired
(ExpiredTokenException), and the session keeps the token's identity for policies. Identity pools give tokens for this
"basic" flow only with AllowClassicFlow.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html

This MiniStack believes any token, so whoever knows an identity pool's id can assume its role. Hooked where the trust
policy is checked, at the registration of sessions and around GetOpenIdToken. Only Cognito's own tokens can be checked
here; those of other providers are refused.
"""

import time
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito, sts

from local_aws.hooks import Hook
from local_aws.settings import Settings

HOOKS = (
    Hook("ministack.services.sts:_web_identity_trust_denied", "role_arn,params,use_json"),
    Hook("ministack.services.sts:register_session", "access_key,session"),
    Hook("ministack.services.sts:_error", "status,code,message,ns"),
    Hook("ministack.services.sts:_p", "params,key,default"),
    Hook("ministack.services.cognito:_get_open_id_token", "data"),
    Hook("ministack.services.cognito:_identity_pools", "type:AccountRegionScopedDict"),
    Hook("ministack.services.cognito:_signature_valid", "token"),
    Hook("ministack.services.cognito:_token_claims", "token"),
    Hook("ministack.core.responses:error_response_json", "code,message,status,extra,message_key,content_type"),
)

_IDENTITY_ISSUER = "https://cognito-identity.amazonaws.com"
_identity: ContextVar[dict[str, Any] | None] = ContextVar("web_identity", default=None)


def install(settings: Settings) -> None:
    """Believe only tokens that Cognito signed."""
    trust_denied, register = sts._web_identity_trust_denied, sts.register_session
    open_id_token = cognito._get_open_id_token

    def web_identity_trust_denied(role_arn: str, params: dict[str, Any], use_json: bool) -> Any:
        token = sts._p(params, "WebIdentityToken")
        claims = cognito._token_claims(token)
        problem = _problem(token, claims)
        if problem:
            return error_response_json(*problem, 400) if use_json else sts._error(400, *problem, ns="sts")
        _identity.set(claims if claims.get("iss") == _IDENTITY_ISSUER else None)
        return trust_denied(role_arn, params, use_json)

    def register_session(access_key: str, session: dict[str, Any]) -> None:
        claims = _identity.get()
        _identity.set(None)
        if claims:
            session["_identity_id"], session["_identity_pool_id"] = claims["sub"], claims["aud"]
            session["_cognito_amr"] = claims["amr"]
        register(access_key, session)

    def get_open_id_token(data: dict[str, Any]) -> Any:
        pools = cognito._identity_pools.values()
        pool = next((pool for pool in pools if data.get("IdentityId") in pool["_identities"]), None)
        if pool is not None and not pool.get("AllowClassicFlow"):
            message = "Basic (classic) flow is not enabled, please use enhanced flow."
            return error_response_json("InvalidParameterException", message, 400)
        return open_id_token(data)

    sts._web_identity_trust_denied = web_identity_trust_denied
    sts.register_session = register_session
    cognito._get_open_id_token = get_open_id_token


def _problem(token: str, claims: dict[str, Any]) -> tuple[str, str] | None:
    if token.count(".") != 2 or not claims or not cognito._signature_valid(token):
        return "InvalidIdentityToken", "Couldn't verify the web identity token."
    if time.time() >= claims.get("exp", 0):
        return "ExpiredTokenException", "Token expired"
    return None
