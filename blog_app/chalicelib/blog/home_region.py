"""The home region: the one region that takes the writes.

DynamoDB checks a condition on a global table in the region where the item is written. So slugs are unique, and a mail
is sent once, only if one region writes.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
A marker in the posts table names the home region. Without a marker it is the primary region.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from chalicelib.blog.dynamodb_items import get_item, primary_key
from chalicelib.blog.errors import NotHomeRegion

from common.aws.backoff import attempts
from common.aws.transactions import CONDITION_FAILED, cancellation_reasons
from common.errors import Busy

HOME = "home"
# Home is being moved, and no region takes the writes.
MOVING = "moving"
# `HomeRegion.run` and `HomeRegion.transact`, as the tables call them.
Run = Callable[[Sequence[dict[str, Any]]], list[str]]
Transact = Callable[[Sequence[dict[str, Any]]], bool]


class Marker(msgspec.Struct, frozen=True):
    """Which region is home, or MOVING, and how many times home has moved."""

    region: str
    epoch: int


class HomeRegion:
    """The marker in one region's replica of the posts table."""

    def __init__(
        self,
        client: Callable[[], Any],
        table: str,
        *,
        region: str,
        primary: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._region = region
        self._primary = primary
        self._sleep = sleep

    def marker(self) -> Marker:
        """Read the marker, consistently within this region."""
        item = get_item(self._client(), self._table, primary_key(HOME, HOME))
        return Marker(item["region"]["S"], int(item["epoch"]["N"])) if item else Marker(self._primary, 0)

    def is_here(self) -> bool:
        """Whether this region takes the writes."""
        return self.marker().region == self._region

    def require(self) -> None:
        """Check that this region takes the writes.

        Raises
        ------
        NotHomeRegion
        """
        if not self.is_here():
            raise NotHomeRegion("The region that stores changes cannot be reached. Reading still works.")

    def _condition(self) -> dict[str, Any]:
        """Return the part of a transaction that makes it fail in another region."""
        absent = "attribute_not_exists(pk) OR " if self._region == self._primary else ""
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": primary_key(HOME, HOME),
                "ConditionExpression": f"{absent}#region = :region",
                "ExpressionAttributeNames": {"#region": "region"},
                "ExpressionAttributeValues": {":region": {"S": self._region}},
            }
        }

    def run(self, changes: Sequence[dict[str, Any]]) -> list[str]:
        """Run a transaction on the condition that home is here.

        Returns the reason for which each change was cancelled; an empty list if the transaction was made.

        Raises
        ------
        NotHomeRegion
        """
        client = self._client()
        try:
            client.transact_write_items(TransactItems=[*changes, self._condition()])
        except client.exceptions.TransactionCanceledException as error:
            *reasons, own = cancellation_reasons(error)
            if own == CONDITION_FAILED:
                raise NotHomeRegion("Another region has just begun to store changes.") from error
            return reasons
        return []

    def transact(self, changes: Sequence[dict[str, Any]]) -> bool:
        """Run a transaction as `run` does, and repeat it while others change the same items.

        Returns False if a condition of one of the changes does not hold.

        Raises
        ------
        NotHomeRegion
        Busy
            Others changed the same items at each attempt.
        """
        for _ in attempts(self._sleep):
            reasons = self.run(changes)
            if not reasons:
                return True
            if CONDITION_FAILED in reasons:
                return False
        raise Busy("Too many changes at once.")

    def write(self, marker: Marker) -> None:
        """Write the marker."""
        item = {**primary_key(HOME, HOME), "region": {"S": marker.region}, "epoch": {"N": str(marker.epoch)}}
        self._client().put_item(TableName=self._table, Item=item)
