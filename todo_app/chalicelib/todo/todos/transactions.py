"""Changes to an owner's to-dos in DynamoDB, each in one transaction with the owner's version and the change log."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.todo.change_items import Change, put_change
from chalicelib.todo.dynamodb_items import VERSION_KEY, get_version_decoder, primary_key
from chalicelib.todo.errors import AccountDeleted
from chalicelib.todo.todos.ports import KnownVersion

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
    """Writes to one table; `client` makes a DynamoDB client whose responses are `{"raw": bytes}`."""

    def __init__(self, client: Callable[[], Any], table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def run(
        self, owner: str, changes: Sequence[dict[str, Any]], logged: Change, known: KnownVersion | None = None
    ) -> int:
        """Make changes together and return the list's new version; try again while other changes are faster.

        Raises
        ------
        AccountDeleted, Busy
        Cancelled
            A change's condition failed.
        """
        for _ in attempts(self._sleep):
            version = self.attempt(owner, changes, logged, known)
            if version is not None:
                return version
        raise Busy("Too many changes at once.")

    def attempt(
        self, owner: str, changes: Sequence[dict[str, Any]], logged: Change, known: KnownVersion | None = None
    ) -> int | None:
        """Try once to make changes together; None if another change of this owner was faster or collided.

        The list's version is read, unless it is `known`.

        Raises
        ------
        AccountDeleted
        Cancelled
            A change's condition failed.
        """
        known = known or KnownVersion()
        old = self.list_version(owner) if known.value is None else known.value
        known.value = None
        log = put_change(self._table, owner, old + 1, logged, int(time.time()))
        client = self._client()
        try:
            # The version item is the last one, so that a change and its reason have the same index.
            client.transact_write_items(TransactItems=[*changes, log, self._set_version(owner, old)])
        except client.exceptions.TransactionCanceledException as error:
            reasons = cancellation_reasons(error)[: len(changes)]
            if CONDITION_FAILED in reasons:
                raise Cancelled(reasons) from error
            return None
        known.value = old + 1
        return known.value

    def list_version(self, owner: str, *, consistent: bool = True) -> int:
        """Read the version item; 0 without one.

        Raises
        ------
        AccountDeleted
        """
        key = primary_key(owner, VERSION_KEY)
        response = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=consistent)
        item = get_version_decoder.decode(response["raw"]).Item
        if item is None:
            return 0
        if item.deletedAt is not None:
            raise AccountDeleted("This account is deleted.")
        return int(item.version.N)

    def _set_version(self, owner: str, old: int) -> dict[str, Any]:
        """Increase the version if it is still the old one and the account has not been deleted since."""
        values = {":new": {"N": str(old + 1)}, **({":old": {"N": str(old)}} if old else {})}
        update = {
            "TableName": self._table,
            "Key": primary_key(owner, VERSION_KEY),
            "UpdateExpression": "SET #version = :new",
            "ConditionExpression": (
                f"{'#version = :old' if old else 'attribute_not_exists(#version)'} AND attribute_not_exists(deletedAt)"
            ),
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": values,
        }
        return {"Update": update}
