"""The caller of a request, by the claims that API Gateway has verified."""

from typing import Any

import pytest

from common.http.principals import principal
from common.http.problems import Problem

CLAIMS = {"sub": "b", "token_use": "id", "cognito:username": "n"}


def event(claims: Any = None, **context: Any) -> dict[str, Any]:
    """A request's event; behind a gateway if `apiId` is in its context."""
    authorizer = {} if claims is None else {"authorizer": {"claims": claims}}
    return {"headers": {"authorization": "Bearer token"}, "requestContext": {**context, **authorizer}}


def test_the_claims_of_the_gateway_identify_the_caller():
    found = principal(event(CLAIMS, apiId="x"))
    assert (found.sub, found.username, found.token, found.groups) == ("b", "n", "token", frozenset())


@pytest.mark.parametrize("groups", ["authors,editors", "authors, editors"])
def test_groups_are_separated_by_commas(groups: str):
    assert principal(event({**CLAIMS, "cognito:groups": groups}, apiId="x")).groups == {"authors", "editors"}


@pytest.mark.parametrize("claims", [None, {}, {"sub": "b", "token_use": "access"}, {"token_use": "id"}])
def test_a_route_that_the_gateway_does_not_protect_is_closed(claims: Any):
    with pytest.raises(Problem) as raised:
        principal(event(claims, apiId="x"))
    assert raised.value.problem_type.status == 401


def test_without_a_gateway_the_claims_in_the_event_are_ignored_and_the_log_says_what_is_missing():
    with pytest.raises(Problem) as raised, pytest.warns(UserWarning, match="make dev"):
        principal(event(CLAIMS))
    assert raised.value.problem_type.status == 401
    assert "make dev" in str(raised.value.detail)


def test_two_authorization_headers_are_refused():
    doubled = event(CLAIMS, apiId="x") | {"multiValueHeaders": {"Authorization": ["a", "b"]}}
    with pytest.raises(Problem):
        principal(doubled)
