"""An app in one process: moto for AWS, Chalice's test client for HTTP, and our own key of a user pool."""

import json
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, Protocol, TypeVar

import pytest
from chalice.test import Client
from joserfc import jwt
from joserfc.jwk import RSAKey
from moto import mock_aws

from common.aws import clients, dynamodb
from deploy.local.id_tokens import CognitoAuthorizer, PoolVerifier

REGION = "us-east-1"
CLIENT_ID = "client"
_CLIENTS = (
    clients.client,
    clients.one_attempt_client,
    clients.public_client,
    clients.raw_dynamodb,
    clients.shared_session,
    dynamodb.dynamodb,
    dynamodb.raw_dynamodb,
)


@cache
def pool_key(owner: str = "this pool") -> RSAKey:
    """The key by which a user pool signs; another pool's has the same id."""
    return RSAKey.generate_key(2048, {"kid": "one"})


class Emptied(Protocol):
    """A stage whose resources can be emptied."""

    def empty(self) -> None:
        """Empty all resources."""


SomeStage = TypeVar("SomeStage", bound=Emptied)


@contextmanager
def in_moto(environment: dict[str, str], start: Callable[[], SomeStage]) -> Iterator[SomeStage]:
    """An app and its resources. Making them takes longer than most tests: a module's tests share one."""
    for made_once in _CLIENTS:
        made_once.cache_clear()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in environment.items():
            patch.setenv(name, value)
        yield start()


def emptied(stage: SomeStage) -> SomeStage:
    """The same stage for the next test."""
    # Chalice warns that its test client does not run this authorizer.
    warnings.filterwarnings("ignore", message="UserPoolAuthorizer is not")
    stage.empty()
    return stage


def token(sub: str = "alice", key: RSAKey | None = None, **changes: Any) -> str:
    """An ID token in Cognito's form; None removes a claim."""
    now = int(time.time())
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{os.environ['USER_POOL_ID']}"
    claims = {"sub": sub, "cognito:username": sub, "iss": issuer, "aud": CLIENT_ID, "token_use": "id"}
    claims = {**claims, "iat": now, "exp": now + 300, **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "one"}, kept, key or pool_key())


def client(module: ModuleType, user_pool_id: str) -> Client:
    """An app's client, with an authorizer that knows the key by which `token` signs."""
    made = Client(module.app)
    made.http._local_gateway._authorizer = CognitoAuthorizer(module.app, verifier(user_pool_id))
    return made


def verifier(user_pool_id: str) -> PoolVerifier:
    """A verifier of the tokens that `token` makes."""
    public = {**pool_key().as_dict(private=False), "kid": "one"}
    return PoolVerifier(REGION, user_pool_id, CLIENT_ID, lambda: {"keys": [public]})


class Response:
    """An HTTP response; the case of header names is ignored."""

    def __init__(self, raw: Any) -> None:
        self.status = raw.status_code
        self.headers = {name.lower(): value for name, value in raw.headers.items()}
        self.body = raw.body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def next(self) -> str | None:
        """The target of the Link header, as a path in the API."""
        link = self.headers.get("link")
        if link is None:
            return None
        url, relation = link.split(">; ")
        assert relation == 'rel="next"'
        return str(url.partition("/api")[2])

    @property
    def field(self) -> str:
        """The first field that a problem names."""
        return str(self.json["errors"][0]["field"])
