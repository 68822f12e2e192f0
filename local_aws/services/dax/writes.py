"""Writes of items: DynamoDB first, then the item cache. A write that DynamoDB refuses changes no cache.

An update asks DynamoDB for the new item, which costs no capacity. If the caller asks for other attributes, the new item
is not known, and leaves the cache.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.consistency.html (write-through)
"""

from typing import Any

from local_aws.services.dax import answers, cbor
from local_aws.services.dax.attribute_values import Item, KeySchema, decode_key, encode_key, text_or_bytes
from local_aws.services.dax.cbor import Malformed
from local_aws.services.dax.errors import Json
from local_aws.services.dax.node import ItemKey, Node, StoredItem
from local_aws.services.dax.options import Options, as_list, as_map


async def put_item(node: Node, table_name: Any, key_bytes: Any, values: Any, options: Any) -> bytes:
    """Answer PutItem."""
    table, wanted = text_or_bytes(table_name), Options(options)
    schema = await node.schema(table)
    key = decode_key(key_bytes, schema)
    item = node.decoded(values, key)
    request = {"TableName": table, "Item": item, "ReturnValues": wanted.return_values}
    answer = await node.dynamodb.call("PutItem", _complete(request, wanted))
    node.items.put(node.item_key(table, key, schema), node.encoded(item, schema))
    return _answer(node, answer, schema, wanted)


async def update_item(node: Node, table_name: Any, key_bytes: Any, options: Any) -> bytes:
    """Answer UpdateItem."""
    table, wanted = text_or_bytes(table_name), Options(options)
    schema = await node.schema(table)
    key = decode_key(key_bytes, schema)
    asked = wanted.return_values
    returned = "ALL_NEW" if asked == "NONE" else asked
    request = {"TableName": table, "Key": key, "ReturnValues": returned}
    answer = await node.dynamodb.call("UpdateItem", _complete(request, wanted))
    cached = node.item_key(table, key, schema)
    if returned == "ALL_NEW":
        node.items.put(cached, node.encoded(answer["Attributes"], schema))
    else:
        node.items.remove(cached)
    if asked == "NONE":
        answer.pop("Attributes")
    return _answer(node, answer, schema, wanted)


async def delete_item(node: Node, table_name: Any, key_bytes: Any, options: Any) -> bytes:
    """Answer DeleteItem."""
    table, wanted = text_or_bytes(table_name), Options(options)
    schema = await node.schema(table)
    key = decode_key(key_bytes, schema)
    request = {"TableName": table, "Key": key, "ReturnValues": wanted.return_values}
    answer = await node.dynamodb.call("DeleteItem", _complete(request, wanted))
    node.items.put(node.item_key(table, key, schema), None)
    return _answer(node, answer, schema, wanted)


def _complete(request: Json, wanted: Options) -> Json:
    """A write with its expressions; they come first, because they make the placeholders."""
    conditions = wanted.conditions()
    return {**request, **conditions, **wanted.placeholders.parameters(), **wanted.accounting()}


def _answer(node: Node, answer: Json, schema: KeySchema, wanted: Options) -> bytes:
    attributes = answers.attributes(node, answer, schema, wanted.return_values)
    return cbor.encode({**attributes, **answers.accounting(answer, schema)} or None)


async def batch_write_item(node: Node, asked: Any, options: Any) -> bytes:
    """Answer BatchWriteItem."""
    wanted = Options(options)
    schemas, requests = {}, {}
    for table, parts in as_map(asked).items():
        schemas[table] = await node.schema(table)
        requests[table] = _write_requests(node, schemas[table], as_list(parts))
    answer = await node.dynamodb.call("BatchWriteItem", {"RequestItems": requests, **wanted.accounting()})
    unprocessed = answer.get("UnprocessedItems") or {}
    for table, schema in schemas.items():
        left = {cached for cached, _ in _written(node, table, schema, unprocessed.get(table, []))}
        for cached, stored in _written(node, table, schema, requests[table]):
            if cached not in left:
                node.items.put(cached, stored)
    consumed = [answers.capacity(each) for each in answer.get("ConsumedCapacity") or []]
    return cbor.encode(
        {table: _unprocessed(node, schemas[table], each) for table, each in unprocessed.items()},
        consumed,
        answers.metrics_by_table(answer, schemas),
    )


def _write_requests(node: Node, schema: KeySchema, parts: list[Any]) -> list[Json]:
    """The requests of one table, which a client sends as keys and attributes in turn."""
    if len(parts) % 2:
        raise Malformed("a key without attributes")
    requests: list[Json] = []
    for key_bytes, values in zip(parts[::2], parts[1::2], strict=True):
        key = decode_key(key_bytes, schema)
        if values is None:
            requests.append({"DeleteRequest": {"Key": key}})
        else:
            requests.append({"PutRequest": {"Item": node.decoded(values, key)}})
    return requests


def _written(node: Node, table: str, schema: KeySchema, requests: list[Json]) -> list[tuple[ItemKey, StoredItem]]:
    """What the item cache has after the requests of one table."""
    written: list[tuple[ItemKey, StoredItem]] = []
    for request in requests:
        item: Item | None = request.get("PutRequest", {}).get("Item")
        key = node.item_key(table, item or request["DeleteRequest"]["Key"], schema)
        written.append((key, node.encoded(item, schema) if item else None))
    return written


def _unprocessed(node: Node, schema: KeySchema, requests: list[Json]) -> list[Any]:
    parts: list[Any] = []
    for request in requests:
        item = request.get("PutRequest", {}).get("Item")
        key = item or request["DeleteRequest"]["Key"]
        parts += [encode_key(key, schema), node.encoded(item, schema) if item else None]
    return parts
