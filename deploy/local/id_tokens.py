"""A Cognito authorizer for `chalice local` and tests: verifies ID tokens and passes on their claims.

API Gateway does this on AWS and in the embedded AWS.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from chalice.local import LambdaContext, LocalGatewayAuthorizer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

REFETCH_SECONDS = 10.0
Event = dict[str, Any]
_VARIABLES = ("AWS_REGION", "USER_POOL_ID", "USER_POOL_CLIENT_ID")


class InvalidToken(Exception):
    """The token is not a currently valid ID token of this user pool."""


class CognitoAuthorizer(LocalGatewayAuthorizer):
    """Replaces Chalice's own authorizer, which puts a token's claims into the event without verifying them.

    A request without a valid token reaches the function without claims, and the function refuses it.
    """

    def __init__(self, app_object: Any, verifier: "PoolVerifier | None" = None) -> None:
        super().__init__(app_object)
        self._verifier = verifier

    def authorize(
        self, raw_path: str, lambda_event: Event, lambda_context: LambdaContext
    ) -> tuple[Event, LambdaContext]:
        """Write a request's context as API Gateway does: its `apiId`, and a valid token's claims."""
        context = lambda_event["requestContext"]
        context["apiId"] = "local"
        headers = {name.lower(): value for name, value in lambda_event["headers"].items()}
        token = headers.get("authorization", "").split(" ")[-1]
        try:
            context["authorizer"] = {"claims": _as_text(self._pool().claims(token))}
        except InvalidToken:
            context.pop("authorizer", None)
        return lambda_event, lambda_context

    def _pool(self) -> "PoolVerifier":
        """Return the stage's verifier, made late: Chalice sets the environment after it makes this object."""
        if self._verifier is None:
            region, pool, client = (os.environ.get(name, "") for name in _VARIABLES)
            self._verifier = PoolVerifier(region, pool, client)
        return self._verifier


def _as_text(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Join lists, such as the groups, by commas."""
    return {name: ",".join(value) if isinstance(value, list) else value for name, value in claims.items()}


def pool_endpoint(region: str) -> str:
    """Return the endpoint of the user pools, as botocore finds it."""
    environment = os.environ
    service = environment.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER") or environment.get("AWS_ENDPOINT_URL")
    return (service or f"https://cognito-idp.{region}.amazonaws.com").rstrip("/")


def fetched_key_set(region: str, user_pool_id: str) -> Callable[[], dict[str, Any]]:
    """Return a function that downloads a user pool's JSON Web Key Set."""

    def fetch() -> dict[str, Any]:
        url = f"{pool_endpoint(region)}/{user_pool_id}/.well-known/jwks.json"
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - the URL is not from a client
            return dict(json.load(response))

    return fetch


class PoolVerifier:
    """Verifies the ID tokens of one app client of one user pool."""

    def __init__(
        self,
        region: str,
        user_pool_id: str,
        client_id: str,
        fetch: Callable[[], dict[str, Any]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = f"https://cognito-idp.{region}.amazonaws.com/{user_pool_id}"
        self._client_id = client_id
        self._fetch = fetch or fetched_key_set(region, user_pool_id)
        self._clock = clock
        self._keys: dict[str, Any] = {}
        self._fetched_at = -REFETCH_SECONDS
        self._lock = threading.Lock()

    def claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a currently valid ID token.

        Raises
        ------
        InvalidToken
            The token is malformed, wrongly signed, expired, of another pool or client, or an access token.
        """
        try:
            decoded = jwt.decode(
                token, lambda unverified: RSAKey.import_key(self._key(unverified)), algorithms=["RS256"]
            )
            self._registry().validate(decoded.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise InvalidToken("The token is not a valid ID token.") from error
        return decoded.claims

    def _registry(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            exp={"essential": True},
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            token_use={"essential": True, "value": "id"},
        )

    def _key(self, unverified: Any) -> Any:
        key_id = unverified.headers().get("kid")
        if not isinstance(key_id, str):
            raise InvalidToken("The token names no key.")
        if key_id not in self._keys:
            self._refresh()
        if key_id not in self._keys:
            raise InvalidToken("The token is signed by an unknown key.")
        return self._keys[key_id]

    def _refresh(self) -> None:
        """Fetch the keys again, but not more often than REFETCH_SECONDS: a client can send made-up key ids."""
        with self._lock:
            if self._clock() - self._fetched_at < REFETCH_SECONDS:
                return
            self._fetched_at = self._clock()
            try:
                self._keys = {key["kid"]: key for key in self._fetch()["keys"]}
            except OSError as error:
                raise InvalidToken("The user pool's keys cannot be fetched.") from error
