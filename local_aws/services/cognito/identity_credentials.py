"""Credentials of an identity pool: the pool's role, assumed with the user's token and the session tags mapped from it.

AWS assumes the pool's role by AssumeRoleWithWebIdentity as `cognito-identity.amazonaws.com`. The role's trust policy
decides, by the condition keys `cognito-identity.amazonaws.com:aud` (the pool), `:sub` (the identity) and `:amr`.
"Attributes for access control" map claims to session tags, for which the trust policy must also allow sts:TagSession.
https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html

This MiniStack checks the token, but neither the trust policy nor guest access. It maps no tags and sets no condition
keys, and it gives credentials to an unknown identity. It does not do ServerSideTokenCheck, which refuses a user who is
deleted, disabled or signed out everywhere. Role mappings (rules, token roles) are still not supported and are refused.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import cognito, iam, sts

from local_aws.hooks import wraps
from local_aws.services.cognito.operations import CognitoError

_PROVIDER = "cognito-identity.amazonaws.com"


@wraps("ministack.core.iam_evaluator:_principal_keys")
def _principal_keys(keys_of: Callable[..., dict[str, Any]], credential: Any) -> dict[str, Any]:
    """Add the condition keys of an identity to its session's."""
    session = sts._sessions.get(credential.access_key_id) or {}
    return keys_of(credential) | (_identity_keys(session) if session.get("_identity_id") else {})


@wraps("ministack.core.iam_evaluator:_trust_principal_matches")
def _trust_principal_matches(matches: Callable[..., bool], principal: Any, caller_arn: str, federated: bool) -> bool:
    # sts:TagSession of a federated principal names the provider too.
    return bool(matches(principal, caller_arn, federated or caller_arn == _PROVIDER))


@wraps("ministack.services.cognito:_identity_logins_error")
def _identity_logins_error(
    error_of: Callable[..., Any], pool: dict[str, Any], identity_id: str | None, logins: dict[str, str]
) -> Any:
    error = error_of(pool, identity_id, logins)
    if error:
        return error
    try:
        _check_guest(pool, logins)
        _check_revocation(pool, logins)
    except CognitoError as error:
        return error.response
    return None


@wraps("ministack.services.cognito:_get_credentials_for_identity")
def _get_credentials_for_identity(get_credentials: Callable[..., Any], data: dict[str, Any]) -> Any:
    """Check that the identity exists and that it may assume its role."""
    identity_id, logins = data.get("IdentityId"), data.get("Logins") or {}
    pool = next((pool for pool in cognito._identity_pools.values() if identity_id in pool["_identities"]), None)
    if pool is None:
        return error_response_json("ResourceNotFoundException", f"Identity '{identity_id}' not found.", 400)
    response = get_credentials(data)
    if response[0] != 200:
        return response
    key = json.loads(response[2])["Credentials"]["AccessKeyId"]
    try:
        _assume_role(sts._sessions[key], pool, logins)
    except CognitoError as error:
        del sts._sessions[key]
        return error.response
    return response


def _check_guest(pool: dict[str, Any], logins: dict[str, str]) -> None:
    if not logins and not pool.get("AllowUnauthenticatedIdentities"):
        message = "Unauthenticated access is not supported for this identity pool."
        raise CognitoError("NotAuthorizedException", message)


def _check_revocation(pool: dict[str, Any], logins: dict[str, str]) -> None:
    """Apply ServerSideTokenCheck: refuse a user who is deleted, disabled or signed out everywhere."""
    checked = {entry["ProviderName"] for entry in pool["CognitoIdentityProviders"] if entry.get("ServerSideTokenCheck")}
    for provider in checked.intersection(logins):
        claims = cognito._token_claims(logins[provider])
        users = (cognito._get_pool_unscoped(provider.rpartition("/")[2]) or {}).get("_users", {})
        user = users.get(claims.get("cognito:username"))
        if user is None or not user.get("Enabled", True) or claims.get("origin_jti") in cognito._revoked_tokens:
            raise CognitoError("NotAuthorizedException", "Invalid login token. Token is revoked.")


def _assume_role(session: dict[str, Any], pool: dict[str, Any], logins: dict[str, str]) -> None:
    """Check that the role may be assumed by this identity, and give its session the role's id and the tags."""
    flavor = "authenticated" if logins else "unauthenticated"
    role_arn = (pool.get("_roles") or {}).get(flavor)
    if not role_arn or pool.get("_role_mappings"):
        raise CognitoError(
            "InvalidIdentityPoolConfigurationException",
            "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
        )
    tags = _mapped_tags(pool, logins)
    _check_trust(role_arn, session, tags)
    session["SessionTags"] = [{"Key": name, "Value": value} for name, value in tags.items()]
    session["UserId"] = f"{sts._role_id(role_arn)}:CognitoIdentityCredentials"


def _mapped_tags(pool: dict[str, Any], logins: dict[str, str]) -> dict[str, str]:
    """The principal tags that the pool maps this login's claims to; a claim that is absent gives no tag."""
    tags: dict[str, str] = {}
    for provider, token in logins.items():
        mapping = pool.get("_principal_tags", {}).get(provider)
        claims = cognito._token_claims(token)
        if mapping:
            names = _default_tags(provider) if mapping.get("UseDefaults") else mapping.get("PrincipalTags") or {}
            tags |= {tag: str(claims[claim]) for tag, claim in names.items() if isinstance(claims.get(claim), str)}
    return tags


def _default_tags(provider: str) -> dict[str, str]:
    # https://docs.aws.amazon.com/cognito/latest/developerguide/provider-mappings.html
    return {"username": "sub", "client": "aud"} if provider.startswith("cognito-idp.") else {}


def _check_trust(role_arn: str, session: dict[str, Any], tags: dict[str, str]) -> None:
    role = iam._roles.get(role_arn.rpartition("/")[2])
    for action in ["sts:AssumeRoleWithWebIdentity", *(["sts:TagSession"] if tags else [])]:
        context = iam_evaluator.EvalContext(
            principal_arn=_PROVIDER,
            principal_type="WebIdentityUser",
            principal_account=get_account_id(),
            action=action,
            resource_arn=role_arn,
            region=get_region(),
            request_tags=tags,
            tag_keys=list(tags),
            service_context=_identity_keys(session),
        )
        document = (role or {}).get("AssumeRolePolicyDocument", "{}")
        if not iam_evaluator.evaluate_trust_policy(document, _PROVIDER, context):
            raise CognitoError(
                "InvalidIdentityPoolConfigurationException",
                "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
            )


def _identity_keys(session: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{_PROVIDER}:sub": session["_identity_id"],
        f"{_PROVIDER}:aud": session.get("_identity_pool_id", ""),
        f"{_PROVIDER}:amr": session.get("_cognito_amr") or ["unauthenticated"],
    }
