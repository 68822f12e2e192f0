"""Entitlements in DynamoDB: partition key `owner`, sort key `what`: `premium` or `video#<id>`."""

from collections.abc import Callable
from typing import Any

from chalicelib.video.entitlements.entitlement_items import attributes, entitlement_key, entitlement_of
from chalicelib.video.entitlements.model import Entitlement

from common.values import Page


class EntitlementTable:
    """An EntitlementStore in one table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def page(self, owner: str, limit: int, after: str | None) -> Page[Entitlement]:
        """Query a viewer's partition; one item more than `limit` shows whether there is a next page."""
        start = {"ExclusiveStartKey": entitlement_key(owner, after)} if after else {}
        response = self._client().query(
            TableName=self._table,
            KeyConditionExpression="#owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": {"S": owner}},
            ConsistentRead=True,
            Limit=limit + 1,
            **start,
        )
        entitlements = [entitlement_of(item) for item in response["Items"][:limit]]
        return Page(entitlements, entitlements[-1].what if len(response["Items"]) > limit else None)

    def put(self, entitlement: Entitlement) -> None:
        """Write an entitlement over what is there."""
        self._client().put_item(TableName=self._table, Item=attributes(entitlement))
