"""ID tokens in `chalice local`: verified as API Gateway does, and their claims passed on."""

import time
from functools import cache
from typing import Any

import pytest
from chalice.app import Chalice
from chalice.local import LambdaContext
from joserfc import jwt
from joserfc.jwk import RSAKey

from deploy.local import id_tokens
from deploy.local.id_tokens import REFETCH_SECONDS, CognitoAuthorizer, InvalidToken, PoolVerifier


@cache
def key_named(name):
    return RSAKey.generate_key(2048, {"kid": name})


def token(key: str, **more: Any) -> str:
    claims = {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/pool", "aud": "client", "token_use": "id", "sub": "a"}
    return jwt.encode({"alg": "RS256", "kid": key}, {**claims, "exp": int(time.time()) + 60, **more}, key_named(key))


class Pool:
    """A pool's key set that counts how often it is fetched."""

    def __init__(self, *published: str) -> None:
        self.published = list(published)
        self.fetches = 0
        self.time = 0.0
        self.verifier = PoolVerifier("eu-west-1", "pool", "client", self.fetch, lambda: self.time)

    def fetch(self) -> dict[str, Any]:
        self.fetches += 1
        return {"keys": [key_named(name).as_dict(private=False) for name in self.published]}


def test_the_key_set_is_fetched_once():
    pool = Pool("one")
    for _ in range(5):
        assert pool.verifier.claims(token("one"))["sub"] == "a"
    assert pool.fetches == 1


def test_made_up_key_ids_do_not_make_us_fetch_without_end():
    pool = Pool("one")
    for _ in range(50):
        with pytest.raises(InvalidToken):
            pool.verifier.claims(token("two"))
    assert pool.fetches == 1
    assert pool.verifier.claims(token("one"))


def test_a_new_key_is_found_when_the_pool_rotates():
    pool = Pool("one")
    pool.verifier.claims(token("one"))
    pool.published.append("two")
    pool.time += REFETCH_SECONDS
    assert pool.verifier.claims(token("two"))


def test_a_pool_that_does_not_answer_makes_no_token_valid():
    pool = Pool()
    pool.verifier = PoolVerifier("eu-west-1", "pool", "client", unreachable)
    with pytest.raises(InvalidToken):
        pool.verifier.claims(token("one"))


def unreachable() -> dict[str, Any]:
    raise ConnectionRefusedError


def authorized(header: str | None, *published: str) -> dict[str, Any]:
    """The context that a function gets of a request with this Authorization header."""
    context = {"authorizer": {"claims": {"sub": "made up"}}}
    headers = {} if header is None else {"Authorization": header}
    event = {"headers": headers, "requestContext": context}
    authorizer = CognitoAuthorizer(Chalice("app"), Pool(*published).verifier)
    return authorizer.authorize("/", event, LambdaContext("app", 128))[0]["requestContext"]


@pytest.mark.parametrize("scheme", ["", "Bearer "])
def test_the_function_gets_the_claims_of_a_valid_token(scheme: str):
    context = authorized(scheme + token("one"), "one")
    assert context["apiId"]
    assert context["authorizer"]["claims"]["sub"] == "a"


def test_lists_among_the_claims_are_joined_by_commas():
    several = {"cognito:groups": ["authors", "editors"]}
    assert authorized(token("one", **several), "one")["authorizer"]["claims"]["cognito:groups"] == "authors,editors"


@pytest.mark.parametrize("header", [None, "", "nonsense", "of another pool"])
def test_the_function_gets_no_claims_without_a_valid_token(header: str | None):
    context = authorized(token("two") if header == "of another pool" else header, "one")
    assert context["apiId"]
    assert "authorizer" not in context


def test_the_user_pool_is_the_one_that_the_environment_names(monkeypatch: pytest.MonkeyPatch):
    made = []
    monkeypatch.setattr(id_tokens, "fetched_key_set", lambda *names: lambda: made.append(names) or {"keys": []})
    authorizer = CognitoAuthorizer(Chalice("app"))
    for name, value in {"AWS_REGION": "eu-west-1", "USER_POOL_ID": "pool", "USER_POOL_CLIENT_ID": "client"}.items():
        monkeypatch.setenv(name, value)
    event = {"headers": {"authorization": token("one")}, "requestContext": {}}
    authorizer.authorize("/", event, LambdaContext("app", 128))
    assert made == [("eu-west-1", "pool")]
