"""Validates tokens for COGNITO_USER_POOLS authorizers.

AWS: a method without scopes accepts ID tokens only, a method with scopes accepts access tokens that have one of them
(https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html). A token is
accepted with and without `Bearer `. The message says if a token has expired; for all other tokens it is `Unauthorized`.
The function gets claims as text: lists joined with commas, `exp` and `iat` as dates.
Lacking here: MiniStack accepts access tokens for every method, fetches the pool's keys from itself over HTTP, and
renders lists and dates as an HTTP API does.
"""

import binascii
import json
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from ministack.services import apigateway_v1 as upstream
from ministack.services import cognito

from local_aws.hooks import replaces

_DATES = ("exp", "iat", "nbf")
Json = dict[str, Any]


class _InvalidToken(Exception):
    """The method does not accept the token; the text is the message to the caller."""


@replaces("ministack.services.apigateway_v1:_validate_cognito_authorizer")
async def _validate_cognito_authorizer(
    authorizer: Json, method_obj: Json, headers: Json, query_params: Json, stage: Json
) -> tuple[Json | None, Any]:
    issuers = upstream._cognito_pool_issuers(authorizer)
    if not issuers:
        return None, upstream._gw_error("AUTHORIZER_CONFIGURATION_ERROR", "Internal server error")
    token = upstream._cognito_token_from_request(authorizer, headers, query_params, stage)
    try:
        return _claims(token or "", issuers, method_obj.get("authorizationScopes") or []), None
    except _InvalidToken as reason:
        return None, upstream._gw_error("UNAUTHORIZED", str(reason))


def _claims(token: str, issuers: list[str], scopes: list[str]) -> Json:
    header, claims, signature = _parts(token)
    if header.get("alg") != "RS256" or claims.get("iss") not in issuers:
        raise _InvalidToken("Unauthorized")
    use = "access" if scopes else "id"
    key = _public_key(claims["iss"].rpartition("/")[2], use, str(header.get("kid")))
    try:
        key.verify(signature, token.rpartition(".")[0].encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        raise _InvalidToken("Unauthorized") from None
    if claims.get("token_use") != use or (scopes and not set(scopes) & set(upstream._token_scopes(claims))):
        raise _InvalidToken("Unauthorized")
    _check_times(claims)
    return claims


def _parts(token: str) -> tuple[Json, Json, bytes]:
    try:
        first, second, third = token.split(".")
        header, claims = json.loads(upstream._b64url_decode(first)), json.loads(upstream._b64url_decode(second))
        signature: bytes = upstream._b64url_decode(third)
    except (ValueError, binascii.Error, RecursionError):
        raise _InvalidToken("Unauthorized") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise _InvalidToken("Unauthorized")
    return header, claims, signature


def _public_key(pool_id: str, use: str, key_id: str) -> RSAPublicKey:
    if not any(pool == pool_id for (_, _, pool), _ in cognito._user_pools.all_items()):
        raise _InvalidToken("Unauthorized")
    private_key, jwk = cognito._pool_signing_key(pool_id, use)
    if private_key is None or jwk["kid"] != key_id:
        raise _InvalidToken("Unauthorized")
    return _public_half(private_key)


@lru_cache(maxsize=64)
def _public_half(key: RSAPrivateKey) -> RSAPublicKey:
    return key.public_key()


def _check_times(claims: Json) -> None:
    now = time.time()
    numbers = {name: claims[name] for name in _DATES if name in claims}
    if "exp" not in numbers or not all(isinstance(number, int | float) for number in numbers.values()):
        raise _InvalidToken("Unauthorized")
    if numbers["exp"] <= now:
        raise _InvalidToken("The incoming token has expired")
    if max(numbers.get("nbf", 0), numbers.get("iat", 0)) > now + 1:
        raise _InvalidToken("Unauthorized")


@replaces("ministack.services.apigateway_v1:_stringify_claims")
def _stringify_claims(claims: Json) -> dict[str, str]:
    return {name: _text(name, value) for name, value in claims.items() if value is not None}


def _text(name: str, value: Any) -> str:
    if name in _DATES:
        return datetime.fromtimestamp(value, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join(_text("", item) for item in value)
    return json.dumps(value, separators=(",", ":"))
