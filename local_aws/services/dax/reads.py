"""Reads of items, which the item cache answers, and queries and scans, which the query cache answers.

A strongly consistent read goes to DynamoDB, and its result is not kept. The absence of an item and an empty result are
kept. Queries and writes do not change each other's cache.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.consistency.html
"""

import json
from collections.abc import Callable
from typing import Any

from local_aws.services.dax import answers, cbor, expressions, projections
from local_aws.services.dax.attribute_values import Item, KeySchema, decode_key, encode_key, text_or_bytes
from local_aws.services.dax.errors import Json
from local_aws.services.dax.node import ItemKey, Node, StoredItem
from local_aws.services.dax.options import Options, as_list, as_map, document_paths


async def get_item(node: Node, table_name: Any, key_bytes: Any, options: Any) -> bytes:
    """Answer GetItem."""
    table, wanted = text_or_bytes(table_name), Options(options)
    schema = await node.schema(table)
    key = decode_key(key_bytes, schema)
    paths = wanted.paths
    members: dict[int, Any] = {}
    cached = node.item_key(table, key, schema)
    hit = None if wanted.is_consistent else node.items.get(cached)
    if hit:
        stored = hit.value
    else:
        request = {"TableName": table, "Key": key, **wanted.accounting()}
        stored, members = await _read(node, cached, schema, {**request, "ConsistentRead": wanted.is_consistent})
    if stored is not None:
        item = answers.values(projections.of_complete(node.decoded(stored, key), paths)) if paths else stored
        members = {answers.ITEM: item, **members}
    return cbor.encode(members or None)


async def _read(node: Node, cached: ItemKey, schema: KeySchema, request: Json) -> tuple[StoredItem, dict[int, Any]]:
    """Read one item from DynamoDB, and keep it unless the read is strongly consistent."""
    with node.items.reading(() if request["ConsistentRead"] else (cached,)) as keep:
        answer = await node.dynamodb.call("GetItem", request)
        stored = node.encoded(answer["Item"], schema) if "Item" in answer else None
        keep(cached, stored)
    return stored, answers.accounting(answer, schema)


async def query(node: Node, table_name: Any, key_condition: Any, options: Any) -> bytes:
    """Answer Query."""
    wanted = Options(options)
    condition = {}
    if key_condition is not None:
        condition["KeyConditionExpression"] = expressions.condition(key_condition, wanted.placeholders)
    return await _list_items(node, "Query", text_or_bytes(table_name), condition, wanted)


async def scan(node: Node, table_name: Any, options: Any) -> bytes:
    """Answer Scan."""
    return await _list_items(node, "Scan", text_or_bytes(table_name), {}, Options(options))


async def _list_items(node: Node, operation: str, table: str, condition: Json, wanted: Options) -> bytes:
    schema = await node.schema(table)
    request = {"TableName": table, **condition, **wanted.reading(schema), **wanted.placeholders.parameters()}
    cached = operation, json.dumps(request, sort_keys=True)
    hit = None if wanted.is_consistent else node.queries.get(cached)
    if hit:
        return hit.value
    answer = await node.dynamodb.call(operation, {**request, **wanted.accounting()})
    members = _listed(node, answer, schema, wanted)
    if not wanted.is_consistent:
        node.queries.put(cached, cbor.encode(members))
    return cbor.encode({**members, **answers.accounting(answer, schema)})


def _listed(node: Node, answer: Json, schema: KeySchema, wanted: Options) -> dict[int, Any]:
    paths = wanted.paths
    members: dict[int, Any] = {answers.COUNT: answer["Count"], answers.SCANNED: answer["ScannedCount"]}
    if "Items" in answer:
        members[answers.ITEMS] = [answers.listed_item(node, item, schema, paths) for item in answer["Items"]]
    if "LastEvaluatedKey" in answer:
        members[answers.LAST_KEY] = answers.last_key(answer["LastEvaluatedKey"], schema, wanted.index)
    return members


class _TableBatch:
    """What a BatchGetItem asks of one table."""

    def __init__(self, node: Node, table: str, schema: KeySchema, asked: Any) -> None:
        consistent, projection, keys = as_list(asked, 3)
        self._node, self.table, self.schema, self.is_consistent = node, table, schema, bool(consistent)
        self._paths = document_paths(projection)
        self._stored: list[tuple[Item, StoredItem]] = []
        # What DynamoDB is asked for.
        self.missing: dict[ItemKey, Item] = {}
        for key in (decode_key(each, schema) for each in as_list(keys)):
            cached = node.item_key(table, key, schema)
            if not self.is_consistent and (hit := node.items.get(cached)):
                self._stored.append((key, hit.value))
            else:
                self.missing[cached] = key

    def request(self) -> Json:
        """The table's part of the request to DynamoDB."""
        return {"Keys": list(self.missing.values()), "ConsistentRead": self.is_consistent}

    def take(self, items: list[Item], unprocessed: list[Item], keep: Callable[[ItemKey, StoredItem], None]) -> None:
        """Take the items that DynamoDB has answered."""
        read = {self._cached(item): self._node.encoded(item, self.schema) for item in items}
        unread = {self._cached(key) for key in unprocessed}
        for cached, key in self.missing.items():
            self._stored.append((key, read.get(cached)))
            if cached not in unread:
                keep(cached, read.get(cached))

    def _cached(self, item: Item) -> ItemKey:
        return self._node.item_key(self.table, item, self.schema)

    def response(self) -> list[Any]:
        """The items as the answer has them: the values of the paths, or key and attributes in turn."""
        entries: list[Any] = []
        for key, stored in self._stored:
            if stored is not None and self._paths:
                item = self._node.decoded(stored, key)
                entries.append(answers.values(projections.of_complete(item, self._paths)))
            elif stored is not None:
                entries += [encode_key(key, self.schema), stored]
        return entries


async def batch_get_item(node: Node, asked: Any, options: Any) -> bytes:
    """Answer BatchGetItem: the items of the item cache, and the others from DynamoDB."""
    wanted = Options(options)
    batches = [_TableBatch(node, table, await node.schema(table), each) for table, each in as_map(asked).items()]
    answer = await _read_batches(node, [batch for batch in batches if batch.missing], wanted.accounting())
    schemas = {batch.table: batch.schema for batch in batches}
    unprocessed = {
        table: [encode_key(key, schemas[table]) for key in each["Keys"]]
        for table, each in (answer.get("UnprocessedKeys") or {}).items()
    }
    consumed = [answers.capacity(each) for each in answer.get("ConsumedCapacity") or []]
    return cbor.encode([{batch.table: batch.response() for batch in batches}, unprocessed], consumed)


async def _read_batches(node: Node, batches: list[_TableBatch], accounting: Json) -> Json:
    if not batches:
        return {}
    keys = (cached for batch in batches if not batch.is_consistent for cached in batch.missing)
    request = {"RequestItems": {batch.table: batch.request() for batch in batches}, **accounting}
    with node.items.reading(keys) as keep:
        answer = await node.dynamodb.call("BatchGetItem", request)
        for batch in batches:
            unprocessed = (answer.get("UnprocessedKeys") or {}).get(batch.table, {}).get("Keys", [])
            batch.take(answer["Responses"].get(batch.table, []), unprocessed, keep)
    return answer
