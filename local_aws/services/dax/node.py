"""A cluster's node: its caches, the tables' key schemas, and items as clients and caches have them."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from local_aws.services.dax import cbor
from local_aws.services.dax.attribute_lists import AttributeLists
from local_aws.services.dax.attribute_values import Item, KeySchema, cache_key, from_cbor, to_cbor, without_key
from local_aws.services.dax.cache import Cache
from local_aws.services.dax.cbor import Malformed, nested
from local_aws.services.dax.errors import DaxError, Json

# As long as clients keep key schemas.
_SCHEMA_SECONDS = 60.0
# An item without its key, or that there is none.
StoredItem = bytes | None
ItemKey = tuple[str, tuple[str, ...]]


class DynamoDb(Protocol):
    """The DynamoDB behind a cluster."""

    async def call(self, operation: str, body: Json) -> Json:
        """Carry out one operation; raises DaxError with DynamoDB's error."""


def _size(value: bytes | None) -> int:
    return len(value or b"")


class Node:
    """One node, with all that a call needs."""

    def __init__(
        self,
        dynamodb: DynamoDb,
        lists: AttributeLists,
        item_ttl_millis: Callable[[], int],
        query_ttl_millis: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.dynamodb, self.lists, self._clock = dynamodb, lists, clock
        self.items: Cache[StoredItem] = Cache(item_ttl_millis, _size, clock)
        self.queries: Cache[bytes] = Cache(query_ttl_millis, _size, clock)
        self.requests = 0
        # The answer to a client that asks for the cluster's nodes.
        self.endpoints = cbor.encode([])
        self._schemas: dict[str, tuple[KeySchema, float]] = {}

    async def schema(self, table: str) -> KeySchema:
        """The key schema of a table; raises DaxError if there is no such table."""
        known = self._schemas.get(table)
        if known and self._clock() < known[1]:
            return known[0]
        description = (await self.dynamodb.call("DescribeTable", {"TableName": table}))["Table"]
        types = {each["AttributeName"]: each["AttributeType"] for each in description["AttributeDefinitions"]}
        ordered = sorted(description["KeySchema"], key=lambda each: str(each["KeyType"]))
        schema = tuple((each["AttributeName"], types[each["AttributeName"]]) for each in ordered)
        self._schemas[table] = schema, self._clock() + _SCHEMA_SECONDS
        return schema

    def item_key(self, table: str, key: Item, schema: KeySchema) -> ItemKey:
        """The key of an item in the item cache."""
        return table, cache_key(key, schema)

    def encoded(self, item: Item, schema: KeySchema) -> bytes:
        """An item without its key: the number of its attribute list, and the values."""
        attributes = without_key(item, schema)
        number = self.lists.number_of(list(attributes))
        return cbor.encode(number, *(to_cbor(value) for value in attributes.values()))

    def decoded(self, data: Any, key: Item) -> Item:
        """The item of encoded attributes and a key.

        Raises
        ------
        DaxError
            The attribute list is unknown.
        Malformed
            The values do not fit the list.
        """
        reader = nested(data)
        number, values = reader.value(), []
        while not reader.at_end:
            values.append(from_cbor(reader.value()))
        names = self.names_of(number)
        if len(names) != len(values):
            raise Malformed(f"{len(values)} values for {len(names)} names")
        return {**key, **dict(zip(names, values, strict=True))}

    def names_of(self, number: Any) -> list[str]:
        """The names of an attribute list; raises DaxError if the list is unknown."""
        names = self.lists.names_of(number) if type(number) is int else None
        if names is None:
            raise DaxError("InternalServerError", f"There is no attribute list {number}.", 500)
        return names
