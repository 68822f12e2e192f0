"""Authorization headers that are refused; some need the pool's own key, which the embedded AWS has on disk."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from joserfc import jws
from joserfc.jwk import RSAKey

from tests.e2e.demo_user import DemoUser


class Forger:
    """Makes tokens out of a user's real one."""

    def __init__(self, user: DemoUser) -> None:
        self.user = user

    @property
    def token(self) -> str:
        """The user's current token."""
        return self.user.id_token

    @property
    def _header(self) -> dict[str, Any]:
        return _part(self.token, 0)

    @property
    def _claims(self) -> dict[str, Any]:
        return _part(self.token, 1)

    @cached_property
    def pool_key(self) -> RSAKey:
        state = self.user.stage.root / ".local" / "aws"
        return RSAKey.import_key(next(state.rglob(f"{self.user.pool_id}-id.pem")).read_bytes())

    def signed(self, key: RSAKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """The same token with other claims, signed with the pool's key or another; None removes a claim."""
        kept = {name: value for name, value in {**self._claims, **claims}.items() if value is not None}
        protected = {**self._header, **(header or {})}
        return jws.serialize_compact(protected, json.dumps(kept).encode(), key or self.pool_key)

    def unsigned(self) -> str:
        return f"{_encoded({**self._header, 'alg': 'none'})}.{self.token.split('.')[1]}."

    def shared_secret(self) -> str:
        text = f"{_encoded({**self._header, 'alg': 'HS256'})}.{self.token.split('.')[1]}"
        public = self.pool_key.as_pem(private=False)
        return f"{text}.{_base64(hmac.digest(public, text.encode(), 'sha256'))}"

    def edited(self) -> str:
        first, _, third = self.token.split(".")
        return f"{first}.{_encoded({**self._claims, 'sub': 'somebody-else'})}.{third}"


Forgery = Callable[[Forger], str]

TOKENS: dict[str, Forgery] = {
    "empty": lambda _: "",
    "scheme only": lambda _: "Bearer",
    "not a token": lambda _: "letmein",
    "two parts": lambda forger: forger.token.rpartition(".")[0],
    "not base64": lambda _: "a.b.c",
    "dots": lambda _: "..",
    "not ASCII": lambda _: "é.é.é",
    "basic": lambda _: "Basic YWxpY2U6eA==",
    "two with a comma": lambda forger: f"{forger.token}, {forger.token}",
    "two with a space": lambda forger: f"{forger.token} {forger.token}",
    "expired": lambda forger: forger.signed(exp=int(time.time()) - 1),
    "without expiry": lambda forger: forger.signed(exp=None),
    "signed by another": lambda forger: forger.signed(RSAKey.generate_key(2048)),
    "of another pool": lambda forger: forger.signed(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other"),
    "unknown key id": lambda forger: forger.signed(header={"kid": "x"}),
    "unsigned": Forger.unsigned,
    "public key as a shared secret": Forger.shared_secret,
    "edited": Forger.edited,
    "access token": lambda forger: forger.user.valid_tokens["AccessToken"],
    "refresh token": lambda forger: forger.user.valid_tokens["RefreshToken"],
}


def _part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def _encoded(value: object) -> str:
    return _base64(json.dumps(value).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
