"""What is remembered of a transaction for its client request token."""

import time
import weakref

from ministack.services import dynamodb

from local_aws.services.dynamodb.transactions import _forget_expired, _store_digest


class Parameters(dict):
    """A request's parameters, which a test can see end."""


def _parameters(name="a"):
    return Parameters(TransactItems=[{"Put": {"TableName": "t", "Item": {"id": {"S": name}}}}])


def test_the_parameters_of_a_transaction_are_not_kept_but_compared():
    remembered = {}
    parameters = _parameters()
    is_kept = weakref.ref(parameters)
    _store_digest(remembered.__setitem__, "token", {"signature": parameters, "response": {}, "sizes": {}})
    del parameters
    assert is_kept() is None
    assert remembered["token"]["signature"] == _parameters()
    assert remembered["token"]["signature"] != _parameters("b")


def test_tokens_end_after_ten_minutes_without_another_transaction():
    tokens = dynamodb._txn_idempotency
    now = time.time()
    tokens["old"], tokens["new"] = {"completed_at": now - 601}, {"completed_at": now}
    _forget_expired()
    assert tokens.get("old") is None
    assert tokens.pop("new", None) is not None
