"""The parts of answers, as DAX's clients read them."""

from typing import Any

from local_aws.services.dax import cbor, projections
from local_aws.services.dax.attribute_values import Item, KeySchema, compound_key, encode_key, to_cbor
from local_aws.services.dax.errors import Json
from local_aws.services.dax.expressions import Path
from local_aws.services.dax.node import Node
from local_aws.services.dax.projections import Values

ITEM, CAPACITY, ATTRIBUTES, METRICS, ITEMS, COUNT, LAST_KEY, SCANNED = 0, 1, 2, 3, 7, 8, 9, 10
_CAPACITY_MEMBERS = {
    "CapacityUnits": 1,
    "ReadCapacityUnits": 2,
    "WriteCapacityUnits": 3,
    "TableName": 4,
    "Table": 5,
    "GlobalSecondaryIndexes": 6,
    "LocalSecondaryIndexes": 7,
}
_INDEXES = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


def accounting(answer: Json, schema: KeySchema) -> dict[int, Any]:
    """The members of an answer for consumed capacity and item collections, if DynamoDB has answered them."""
    members: dict[int, Any] = {}
    if "ConsumedCapacity" in answer:
        members[CAPACITY] = capacity(answer["ConsumedCapacity"])
    if answer.get("ItemCollectionMetrics"):
        members[METRICS] = metrics(answer["ItemCollectionMetrics"], schema)
    return members


def capacity(consumed: Json) -> bytes:
    """The consumed capacity of one table."""
    indexes = (
        {name: float(each["CapacityUnits"]) for name, each in consumed[kind].items()} if consumed.get(kind) else None
        for kind in _INDEXES
    )
    table = float(consumed["Table"]["CapacityUnits"]) if "Table" in consumed else None
    return cbor.encode(consumed["TableName"], float(consumed["CapacityUnits"]), table, *indexes)


def transaction_capacity(consumed: Json) -> dict[int, Any]:
    """The consumed capacity of one table in a transaction."""
    return {_CAPACITY_MEMBERS[name]: _capacity_member(name, value) for name, value in consumed.items()}


def _capacity_member(name: str, value: Any) -> Any:
    if name == "Table":
        return transaction_capacity(value)
    if name in _INDEXES:
        return {index: transaction_capacity(each) for index, each in value.items()}
    return value if isinstance(value, str) else float(value)


def metrics(sizes: Json, schema: KeySchema) -> bytes:
    """The size of an item collection."""
    value = sizes["ItemCollectionKey"][schema[0][0]]
    return cbor.encode(to_cbor(value), *map(float, sizes["SizeEstimateRangeGB"]))


def metrics_by_table(answer: Json, schemas: dict[str, KeySchema]) -> dict[str, list[bytes]]:
    """The sizes of the item collections of several tables."""
    tables = (answer.get("ItemCollectionMetrics") or {}).items()
    return {table: [metrics(each, schemas[table]) for each in sizes] for table, sizes in tables}


def values(found: Values) -> dict[int, Any]:
    """The values of a projection, by place."""
    return {place: to_cbor(value) for place, value in found.items()}


def listed_item(node: Node, item: Item, schema: KeySchema, paths: list[Path] | None) -> Any:
    """An item of a query or a scan."""
    if paths:
        return values(projections.of_projected(item, paths))
    return [encode_key(item, schema), node.encoded(item, schema)]


def last_key(key: Item, schema: KeySchema, index: str) -> bytes:
    """Where a query or a scan has stopped."""
    return compound_key(key) if index else encode_key(key, schema)


def attributes(node: Node, answer: Json, schema: KeySchema, return_values: str) -> dict[int, Any]:
    """The attributes that a write answers, if it does."""
    found = answer.get("Attributes")
    if not found:
        return {}
    if not return_values.startswith("UPDATED_"):
        return {ATTRIBUTES: node.encoded(found, schema)}
    names = sorted(found)
    changed = {place: to_cbor(found[name]) for place, name in enumerate(names)}
    return {ATTRIBUTES: cbor.encode(node.lists.number_of(names), changed)}
