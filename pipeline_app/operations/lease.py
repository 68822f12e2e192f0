"""A lease in DynamoDB: one of several tasks that run at once has it. A task that was killed holds it for a time."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

# Longer than a step between two renewals takes.
SECONDS = 900
_ITEM = "#lease"
_FREE_OR_MINE = "attribute_not_exists(holder) OR expires_at < :now OR holder = :holder"


class LeaseHeld(ValueError):
    """Another task has the lease; the message says until when."""


class Lease:
    """One lease, by its name, in the table of batches; `now` returns milliseconds since 1970."""

    def __init__(self, client: Callable[[], Any], table: str, name: str, now: Callable[[], int]) -> None:
        self._client = client
        self._table, self._name, self._now = table, name, now
        self._key = {"minute": {"S": _ITEM}, "batch": {"S": name}}
        self._holder = {":holder": {"S": uuid.uuid4().hex}}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Take the lease, and give it back at the end.

        Raises
        ------
        LeaseHeld
        """
        self.renew()
        try:
            yield
        finally:
            client = self._client()
            with suppress(client.exceptions.ConditionalCheckFailedException):
                client.delete_item(
                    TableName=self._table,
                    Key=self._key,
                    ConditionExpression="holder = :holder",
                    ExpressionAttributeValues=self._holder,
                )

    def renew(self) -> None:
        """Hold the lease for longer; raises LeaseHeld if another task has taken it."""
        now, client = self._now() // 1000, self._client()
        try:
            client.put_item(
                TableName=self._table,
                Item={**self._key, "holder": self._holder[":holder"], "expires_at": {"N": str(now + SECONDS)}},
                ConditionExpression=_FREE_OR_MINE,
                ExpressionAttributeValues={**self._holder, ":now": {"N": str(now)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            raise LeaseHeld(self._refusal(error.response["Item"])) from error

    def _refusal(self, item: dict[str, Any]) -> str:
        until = f"{datetime.fromtimestamp(int(item['expires_at']['N']), UTC):%H:%M:%S} UTC"
        return f"{self._name} is running in another task; if that was killed, try again after {until}"
