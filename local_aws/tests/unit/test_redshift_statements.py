"""How long statements and their client tokens are kept."""

import time

import pytest

from local_aws.services.redshift_data import statements
from local_aws.services.redshift_data.statements import RETENTION_SECONDS, Part, Statement

SCOPE = ("000000000000", "us-east-1")


@pytest.fixture(autouse=True)
def no_others():
    statements.clear()
    yield
    statements.clear()


def sent(name: str, age_seconds: float, status: str = "FINISHED") -> Statement:
    statement = Statement(
        id=name,
        account=SCOPE[0],
        region=SCOPE[1],
        owner_id="owner",
        principal_arn="arn",
        workgroup="w",
        workgroup_arn="arn",
        namespace_id="n",
        database="d",
        user="admin",
        is_superuser=True,
        roles=[],
        parts=[Part("SELECT 1", status=status)],
        is_batch=False,
        created_at=time.time() - age_seconds,
        client_token=f"token-{name}",
        status=status,
    )
    statements.add(statement)
    return statement


def test_a_statement_is_forgotten_after_24_hours():
    old, new = sent("old", RETENTION_SECONDS + 60), sent("new", RETENTION_SECONDS - 60)
    assert statements.find(SCOPE, old.id) is None
    assert statements.find(SCOPE, new.id) is new
    assert statements.of_scope(SCOPE) == [new]
    assert statements.with_token(SCOPE, "owner", "token-old") is None
    assert statements.with_token(SCOPE, "owner", "token-new") is new
    assert statements.with_token(SCOPE, "another owner", "token-new") is None


def test_a_statement_of_another_account_or_region_is_not_found():
    statement = sent("one", 0)
    assert statements.find((SCOPE[0], "eu-west-1"), statement.id) is None
    assert statements.find(("111111111111", SCOPE[1]), statement.id) is None


def test_the_state_is_loaded_as_it_was_saved():
    statement = sent("one", 0, "STARTED")
    state = statements.to_state()
    statements.clear()
    statements.load(state)
    assert statements.find(SCOPE, "one") == statement
    assert list(statements.running()) == [statements.find(SCOPE, "one")]
