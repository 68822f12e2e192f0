"""Tokens where no gateway verifies them, and principals where one does."""

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from common.http.principals import InvalidToken, principal
from common.http.problems import Problem
from common.http.tokens import REFETCH_SECONDS, PoolVerifier

KEYS = {name: RSAKey.generate_key(2048, {"kid": name}) for name in ("one", "two")}


def token(key: str) -> str:
    claims = {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/pool", "aud": "client", "token_use": "id", "sub": "a"}
    return jwt.encode({"alg": "RS256", "kid": key}, {**claims, "exp": int(time.time()) + 60}, KEYS[key])


class Pool:
    """A pool's key set that counts how often it is fetched."""

    def __init__(self, *published: str) -> None:
        self.published = list(published)
        self.fetches = 0
        self.time = 0.0
        self.verifier = PoolVerifier("eu-west-1", "pool", "client", self.fetch, lambda: self.time)

    def fetch(self) -> dict[str, Any]:
        self.fetches += 1
        return {"keys": [KEYS[name].as_dict(private=False) for name in self.published]}


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


def event(claims: Any = None, **context: Any) -> dict[str, Any]:
    """A request's event; behind a gateway if `apiId` is in its context."""
    authorizer = {} if claims is None else {"authorizer": {"claims": claims}}
    return {"headers": {"authorization": token("one")}, "requestContext": {**context, **authorizer}}


def test_behind_a_gateway_its_claims_count():
    found = principal(event({"sub": "b", "token_use": "id", "cognito:username": "n"}, apiId="x"), Pool().verifier)
    assert (found.sub, found.username) == ("b", "n")


@pytest.mark.parametrize("claims", [None, {}, {"sub": "b", "token_use": "access"}, {"token_use": "id"}])
def test_a_route_that_the_gateway_does_not_protect_is_closed(claims: Any):
    with pytest.raises(Problem):
        principal(event(claims, apiId="x"), Pool("one").verifier)


def test_without_a_gateway_claims_in_the_event_count_for_nothing():
    assert principal(event({"sub": "b", "token_use": "id"}), Pool("one").verifier).sub == "a"
    with pytest.raises(Problem):
        principal(event({"sub": "b", "token_use": "id"}), Pool("two").verifier)


def test_two_authorization_headers_are_refused():
    doubled = event({"sub": "b", "token_use": "id"}, apiId="x") | {"multiValueHeaders": {"Authorization": ["a", "b"]}}
    with pytest.raises(Problem):
        principal(doubled, Pool().verifier)
