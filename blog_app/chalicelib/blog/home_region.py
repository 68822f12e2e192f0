"""The home region: of the regions that have the tables, the one that takes the writes.

A condition on a global table is checked in the region where it is written, so only writes of one region can keep slugs
unique and mails single (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html).
A marker in the posts table says which region it is; without one it is the primary.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from chalicelib.blog.errors import Busy, HomeElsewhere
from chalicelib.blog.posts.post_table import primary_key

from common.aws.backoff import attempts
from common.aws.transactions import CONDITION_FAILED, cancellation_reasons

HOME = "home"
# No region takes the writes: home is being moved.
NOWHERE = "nowhere"
# Runs a transaction where home is; see Home.transact.
Transact = Callable[[Sequence[dict[str, Any]]], bool]


class Marker(msgspec.Struct, frozen=True):
    """Which region is home, or NOWHERE, and how often it has moved."""

    region: str
    epoch: int


class Home:
    """The marker, as one region sees it."""

    def __init__(
        self,
        client: Callable[[], Any],
        table: str,
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
        key = primary_key(HOME, HOME)
        item = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return Marker(item["region"]["S"], int(item["epoch"]["N"])) if item else Marker(self._primary, 0)

    def is_here(self) -> bool:
        """Whether this region takes the writes."""
        return self.marker().region == self._region

    def require(self) -> None:
        """Refuse to write in another region.

        Raises
        ------
        HomeElsewhere
        """
        if not self.is_here():
            raise HomeElsewhere("The region that takes the writes cannot be reached. Reading goes on.")

    def _condition(self) -> dict[str, Any]:
        """Write the part of a transaction that makes it fail in another region."""
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
        """Run a transaction if home is here when it runs; returns why each change was cancelled, nothing if none was.

        Raises
        ------
        HomeElsewhere
        """
        client = self._client()
        try:
            client.transact_write_items(TransactItems=[*changes, self._condition()])
        except client.exceptions.TransactionCanceledException as error:
            *reasons, own = cancellation_reasons(error)
            if own == CONDITION_FAILED:
                raise HomeElsewhere("The region that takes the writes was moved just now.") from error
            return reasons
        return []

    def transact(self, changes: Sequence[dict[str, Any]]) -> bool:
        """The same, again while others are at it; False if a condition of one of the changes does not hold.

        Raises
        ------
        HomeElsewhere
        Busy
            Others were at the same items all the time.
        """
        for _ in attempts(self._sleep):
            reasons = self.run(changes)
            if not reasons:
                return True
            if CONDITION_FAILED in reasons:
                return False
        raise Busy("Too many changes at once.")

    def write(self, marker: Marker) -> None:
        """Put the marker."""
        item = {**primary_key(HOME, HOME), "region": {"S": marker.region}, "epoch": {"N": str(marker.epoch)}}
        self._client().put_item(TableName=self._table, Item=item)
