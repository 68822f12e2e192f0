"""The home region: of the regions that have the tables, the one that takes the writes.

A condition on a global table is checked in the region where it is written, so only writes of one region can keep slugs
unique and mails single (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html).
A marker in the posts table says which region it is; without one it is the primary.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.blog.errors import HomeElsewhere
from chalicelib.blog.table import primary_key

HOME = "home"
# No region takes the writes: home is being moved.
NOWHERE = "nowhere"


class Marker(msgspec.Struct, frozen=True):
    """Which region is home, or NOWHERE, and how often it has moved."""

    region: str
    epoch: int


class Home:
    """The marker, as one region sees it."""

    def __init__(self, client: Callable[[], Any], table: str, region: str, primary: str) -> None:
        self._client = client
        self._table = table
        self._region = region
        self._primary = primary

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

    def condition(self) -> dict[str, Any]:
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

    def write(self, marker: Marker) -> None:
        """Put the marker."""
        item = {**primary_key(HOME, HOME), "region": {"S": marker.region}, "epoch": {"N": str(marker.epoch)}}
        self._client().put_item(TableName=self._table, Item=item)
