"""Verification of Cognito ID tokens where no gateway does it: `chalice local` and tests.

joserfc and its cryptography are development requirements and not in the zip: on AWS this code finds no joserfc and
refuses every token. https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from common.http.principals import InvalidToken

REFETCH_SECONDS = 10.0


def pool_endpoint(region: str) -> str:
    """Where the user pools' key sets are: the same endpoint that botocore would use."""
    environment = os.environ
    service = environment.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER") or environment.get("AWS_ENDPOINT_URL")
    return (service or f"https://cognito-idp.{region}.amazonaws.com").rstrip("/")


def fetched_key_set(region: str, user_pool_id: str) -> Callable[[], dict[str, Any]]:
    """Make the function that downloads a pool's JSON Web Key Set."""

    def fetch() -> dict[str, Any]:
        url = f"{pool_endpoint(region)}/{user_pool_id}/.well-known/jwks.json"
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - the address is ours
            return dict(json.load(answer))

    return fetch


class PoolVerifier:
    """Verifies ID tokens of one app client of one user pool."""

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
            Malformed, wrongly signed, expired, of another pool or client, or an access token.
        """
        try:
            from joserfc import jwt  # noqa: PLC0415 - not there on AWS
            from joserfc.errors import JoseError  # noqa: PLC0415
            from joserfc.jwk import RSAKey  # noqa: PLC0415
        except ImportError as error:
            raise InvalidToken("No gateway has verified this request.") from error
        try:
            decoded = jwt.decode(
                token, lambda unverified: RSAKey.import_key(self._key(unverified)), algorithms=["RS256"]
            )
            self._registry(jwt).validate(decoded.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise InvalidToken("The token is not a valid ID token.") from error
        return decoded.claims

    def _registry(self, jwt: Any) -> Any:
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
        """Fetch the keys again, at most every few seconds: anybody can send made-up key ids."""
        with self._lock:
            if self._clock() - self._fetched_at < REFETCH_SECONDS:
                return
            self._fetched_at = self._clock()
            try:
                self._keys = {key["kid"]: key for key in self._fetch()["keys"]}
            except OSError as error:
                raise InvalidToken("The user pool's keys cannot be fetched.") from error
