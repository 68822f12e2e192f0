"""DynamoDB's client for a store whose stage has a DAX cluster: the same operations, responses and exceptions."""

import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ReadTimeoutError

from common.aws.dax.answers import Declined, NoAnswer, NotSent
from common.aws.dax.connection import Connection

_TRANSACTION = "transact_write_items"


class DaxClient:
    """Sends eventually consistent reads and writes to the cluster, and everything else to DynamoDB.

    When the cluster does not answer, DynamoDB does. A write whose outcome is unknown is sent to DynamoDB only if it is
    a transaction: by its token DynamoDB carries it out once. Other writes end with ReadTimeoutError, as they do when
    DynamoDB itself does not answer.

    `direct` is DynamoDB's client, and `as_direct` turns a parsed response into that client's form.
    """

    def __init__(self, *, direct: Any, connection: Connection, as_direct: Callable[[dict[str, Any]], Any]) -> None:
        self._direct = direct
        self._connection = connection
        self._as_direct = as_direct

    def __getattr__(self, name: str) -> Any:
        """Return what DynamoDB's client has: `exceptions`, `meta`, and operations that DAX does not serve."""
        return getattr(self._direct, name)

    def get_item(self, **request: Any) -> Any:
        """Read one item."""
        return self._read("get_item", request, consistent=bool(request.get("ConsistentRead")))

    def query(self, **request: Any) -> Any:
        """Read items of one partition."""
        return self._read("query", request, consistent=bool(request.get("ConsistentRead")))

    def batch_get_item(self, **request: Any) -> Any:
        """Read items by their keys."""
        consistent = any(table.get("ConsistentRead") for table in request["RequestItems"].values())
        return self._read("batch_get_item", request, consistent=consistent)

    def put_item(self, **request: Any) -> Any:
        """Put one item."""
        return self._write("put_item", request)

    def update_item(self, **request: Any) -> Any:
        """Update one item."""
        return self._write("update_item", request)

    def delete_item(self, **request: Any) -> Any:
        """Delete one item."""
        return self._write("delete_item", request)

    def batch_write_item(self, **request: Any) -> Any:
        """Put and delete items, each by itself."""
        return self._write("batch_write_item", request)

    def transact_write_items(self, **request: Any) -> Any:
        """Carry out a transaction."""
        return self._write(_TRANSACTION, {"ClientRequestToken": str(uuid.uuid4()), **request})

    def _read(self, operation: str, request: dict[str, Any], *, consistent: bool) -> Any:
        """Read; the cluster would only pass a consistent read on, and its client takes long to decode many items."""
        if consistent or not self._connection.is_open:
            return self._from_dynamodb(operation, request)
        try:
            return self._from_dax(operation, request, repeatable=True)
        except (NoAnswer, Declined):
            return self._from_dynamodb(operation, request)

    def _write(self, operation: str, request: dict[str, Any]) -> Any:
        if not self._connection.is_open:
            return self._from_dynamodb(operation, request)
        try:
            return self._from_dax(operation, request, repeatable=False)
        except (NotSent, Declined):
            return self._from_dynamodb(operation, request)
        except NoAnswer as unknown:
            if operation == _TRANSACTION:
                return self._sent_again(request, unknown)
            raise _outcome_unknown(unknown) from unknown

    def _sent_again(self, request: dict[str, Any], unknown: NoAnswer) -> Any:
        """Send a transaction to DynamoDB that the cluster may have carried out.

        A refusal may have the first attempt as its reason, so it says nothing about the outcome. That includes
        IdempotentParameterMismatchException: the cluster may write the same expressions in other words.
        """
        refusals = self._direct.exceptions
        try:
            return self._from_dynamodb(_TRANSACTION, request)
        except (
            refusals.TransactionCanceledException,
            refusals.TransactionInProgressException,
            refusals.IdempotentParameterMismatchException,
        ) as refusal:
            raise _outcome_unknown(unknown) from refusal

    def _from_dynamodb(self, operation: str, request: dict[str, Any]) -> Any:
        return getattr(self._direct, operation)(**request)

    def _from_dax(self, operation: str, request: dict[str, Any], *, repeatable: bool) -> Any:
        response = self._connection.call(operation, request, repeatable=repeatable, direct=self._direct)
        return self._as_direct(response)


def _outcome_unknown(unknown: NoAnswer) -> Exception:
    """Return what botocore's client raises when DynamoDB does not answer a write."""
    return ReadTimeoutError(endpoint_url="DAX", error=unknown)
