"""Who makes a request."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from common.http import problems
from common.http.problems import Problem


class Principal(msgspec.Struct, frozen=True):
    """A signed-in user, by their verified ID token."""

    sub: str
    username: str
    token: str
    groups: frozenset[str] = frozenset()


class TokenVerifier(Protocol):
    """Verifies an ID token where no gateway did."""

    def claims(self, token: str) -> Mapping[str, Any]:
        """Return a valid token's claims; raise InvalidToken for any other."""


class InvalidToken(Exception):
    """The token is not a currently valid ID token of this user pool."""


def principal(event: Mapping[str, Any], verifier: TokenVerifier) -> Principal:
    """Identify the caller of a REST API event.

    Behind API Gateway (its events carry `apiId`, which no client can set or remove) the Cognito authorizer has verified
    the token, and a missing claim means that the route is not protected as it should be. Where there is no gateway,
    as in `chalice local`, the claims in the event are unverified and are not looked at.

    Raises
    ------
    Problem
        401.
    """
    token = _token(event)
    context = event["requestContext"]
    if "apiId" in context:
        claims = (context.get("authorizer") or {}).get("claims") or {}
    else:
        try:
            claims = verifier.claims(token)
        except InvalidToken as error:
            raise _unauthenticated(str(error)) from error
    if claims.get("token_use") != "id" or not claims.get("sub"):
        raise _unauthenticated("This is not an ID token.")
    return Principal(
        str(claims["sub"]), str(claims.get("cognito:username", "")), token, _groups(claims.get("cognito:groups"))
    )


def _groups(claim: Any) -> frozenset[str]:
    """Read the groups, which API Gateway's authorizer writes in one text, with commas between them."""
    names = claim.split(",") if isinstance(claim, str) else claim or ()
    return frozenset(str(name).strip() for name in names)


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
