"""Changes to an owner's to-dos in DynamoDB, each in one transaction with the owner's version item."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.todo.dynamodb_items import VERSION_KEY, primary_key
from chalicelib.todo.errors import AccountDeleted

from common.aws.backoff import attempts
from common.aws.transactions import CONDITION_FAILED, cancellation_reasons
from common.errors import Busy


class Cancelled(Exception):
    """A condition of the transaction failed; `reasons` has a code for each change, in their order."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons

    def failed(self, index: int) -> bool:
        """Whether the condition of the change at this index failed."""
        return self.reasons[index] == CONDITION_FAILED


class Transactions:
    """Writes to one table; `client` makes a DynamoDB client."""

    def __init__(self, client: Callable[[], Any], table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def run(self, owner: str, changes: Sequence[dict[str, Any]]) -> None:
        """Make changes together; try again while they collide with other transactions.

        Raises
        ------
        AccountDeleted, Busy
        Cancelled
            A change's condition failed.
        """
        for _ in attempts(self._sleep):
            reasons = self._transact(owner, changes)
            if not reasons:
                return
            if CONDITION_FAILED in reasons:
                raise Cancelled(reasons)
        raise Busy("Too many changes at once.")

    def attempt(self, owner: str, change: dict[str, Any]) -> bool:
        """Try to make one change, once; False if its condition failed or it collided with another transaction.

        Raises
        ------
        AccountDeleted
        """
        return not self._transact(owner, [change])

    def _transact(self, owner: str, changes: Sequence[dict[str, Any]]) -> list[str]:
        """Run a transaction; return no reasons if it succeeded, otherwise one for each item."""
        client = self._client()
        try:
            # The version item is the last one, so that a change and its reason have the same index.
            client.transact_write_items(TransactItems=[*changes, self._increase_version(owner)])
        except client.exceptions.TransactionCanceledException as error:
            reasons = cancellation_reasons(error)
            if reasons[-1] == CONDITION_FAILED:
                raise AccountDeleted("This account is deleted.") from error
            return reasons
        return []

    def _increase_version(self, owner: str) -> dict[str, Any]:
        update = {
            "TableName": self._table,
            "Key": primary_key(owner, VERSION_KEY),
            "UpdateExpression": "ADD #version :one",
            "ConditionExpression": "attribute_not_exists(deletedAt)",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        return {"Update": update}
