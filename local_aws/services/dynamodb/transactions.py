"""Keeps a digest of each transaction that has a client request token, in place of its items.

For ten minutes a repeated TransactWriteItems with the same token changes nothing, and one with the same token and other
parameters is refused (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html). SDKs
send a token with each transaction. MiniStack keeps the whole request for the comparison, and forgets old requests only
when the next transaction comes.
"""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

from local_aws import memory
from local_aws.hooks import wraps


class Digest:
    """The digest of a transaction's parameters. It is equal to parameters with the same digest."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._sum = _sum(parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and _sum(other) == self._sum

    def __hash__(self) -> int:
        return hash(self._sum)


def _sum(parameters: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).digest()


@wraps("ministack.services.dynamodb:_txn_token_store")
def _store_digest(store: Callable[..., None], token: str, entry: dict[str, Any]) -> None:
    store(token, {**entry, "signature": Digest(entry["signature"])})


@memory.expire_regularly
def _forget_expired() -> None:
    """Forget the tokens that are older than ten minutes."""
    oldest = time.time() - dynamodb._TXN_TOKEN_TTL
    for (account, region, token), entry in list(dynamodb._txn_idempotency.all_items()):
        if entry["completed_at"] <= oldest:
            dynamodb._txn_idempotency.pop_scoped(account, region, token, None)
