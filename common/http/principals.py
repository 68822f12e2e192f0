"""The user who makes a request."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from common.http import problems
from common.http.problems import Problem

_UNVERIFIED = "Nothing has verified this token: `chalice local` verifies none. Use `make dev`, which does."


class Principal(msgspec.Struct, frozen=True):
    """A signed-in user, by their verified ID token."""

    sub: str
    username: str
    token: str
    groups: frozenset[str] = frozenset()


def principal(event: Mapping[str, Any]) -> Principal:
    """Identify the caller of a REST API event by the claims that the Cognito authorizer has verified.

    Claims count only behind API Gateway, whose events carry `apiId`, which no client can set or remove. A route that
    is not protected as it should be has no claims, and is closed.

    Raises
    ------
    Problem
        401.
    """
    token = _token(event)
    context = event["requestContext"]
    claims = (context.get("authorizer") or {}).get("claims") or {}
    if claims and "apiId" not in context:
        warnings.warn(_UNVERIFIED, stacklevel=2)
        raise _unauthenticated(_UNVERIFIED)
    if not claims:
        raise _unauthenticated("The token is not a valid ID token.")
    if claims.get("token_use") != "id" or not claims.get("sub"):
        raise _unauthenticated("This is not an ID token.")
    groups = frozenset(_groups(claims.get("cognito:groups") or ""))
    return Principal(str(claims["sub"]), str(claims.get("cognito:username", "")), token, groups)


def _groups(claim: str) -> Iterator[str]:
    """Read the groups, which API Gateway's authorizer writes as one text, with commas between them."""
    return (name.strip() for name in claim.split(",") if name.strip())


def _token(event: Mapping[str, Any]) -> str:
    several = (event.get("multiValueHeaders") or {}).items()
    if any(name.lower() == "authorization" and len(values) > 1 for name, values in several):
        raise _unauthenticated("Send one Authorization header.")
    values = [value for name, value in (event.get("headers") or {}).items() if name.lower() == "authorization"]
    if len(values) != 1 or not values[0]:
        raise _unauthenticated("Send the ID token in the Authorization header.")
    scheme, _, rest = values[0].strip().partition(" ")
    token = rest.strip() if rest and scheme.lower() == "bearer" else values[0].strip()
    if any(character in token for character in " ,\t"):
        raise _unauthenticated("Send one token.")
    return str(token)


def _unauthenticated(detail: str) -> Problem:
    return Problem(problems.UNAUTHENTICATED, detail, headers={"WWW-Authenticate": "Bearer"})
