"""Transactions, which pass through to DynamoDB.

After a write, the written items are read into the item cache in the background.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html (DynamoDB Accelerator)
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from local_aws.services.dax import answers, cbor, expressions, projections
from local_aws.services.dax.attribute_values import Item, KeySchema, decode_key, text_or_bytes
from local_aws.services.dax.cbor import Malformed
from local_aws.services.dax.errors import DaxError, Json
from local_aws.services.dax.expressions import Placeholders
from local_aws.services.dax.node import Node
from local_aws.services.dax.options import Options, as_list, document_paths

_PUT, _DELETE, _UPDATE, _CHECK = 2, 7, 9, 12
OPERATIONS = {_PUT: "Put", _DELETE: "Delete", _UPDATE: "Update", _CHECK: "ConditionCheck"}
_ALL_OLD = 2
_log = logging.getLogger(__name__)
_refreshing: set["asyncio.Task[None]"] = set()


async def transact_get_items(node: Node, tables: Any, keys: Any, projected: Any, options: Any) -> bytes:
    """Answer TransactGetItems."""
    names = [text_or_bytes(table) for table in as_list(tables)]
    schemas = {table: await node.schema(table) for table in names}
    wanted_keys = _keys(names, schemas, keys)
    wanted_paths = [document_paths(each) for each in _optional(projected, len(names))]
    gets = [{"Get": {"TableName": table, "Key": key}} for table, key in zip(names, wanted_keys, strict=True)]
    request = {"TransactItems": gets, **Options(options).accounting()}
    answer = await _call(node, "TransactGetItems", request, names, schemas)
    responses: list[Any] = []
    for each, table, paths in zip(answer["Responses"], names, wanted_paths, strict=True):
        item = each.get("Item")
        if item and paths:
            responses.append(answers.values(projections.of_complete(item, paths)))
        else:
            responses.append(node.encoded(item, schemas[table]) if item else None)
    return cbor.encode([responses, _consumed(answer)])


async def transact_write_items(node: Node, codes: Any, tables: Any, keys: Any, *rest: Any) -> bytes:
    """Answer TransactWriteItems."""
    values, _, returned, conditions, updates, options = rest
    names, wanted = [text_or_bytes(table) for table in as_list(tables)], Options(options)
    count = len(names)
    schemas = {table: await node.schema(table) for table in names}
    wanted_keys = _keys(names, schemas, keys)
    columns = zip(
        as_list(codes, count),
        names,
        wanted_keys,
        _optional(values, count),
        _optional(returned, count),
        _optional(conditions, count),
        _optional(updates, count),
        strict=True,
    )
    request: Json = {"TransactItems": [_action(node, *column) for column in columns], **wanted.accounting()}
    if token := wanted.client_request_token:
        request["ClientRequestToken"] = token
    answer = await _call(node, "TransactWriteItems", request, names, schemas)
    _refresh(node, [each for each in zip(names, wanted_keys, codes, strict=True) if each[2] != _CHECK], schemas)
    return cbor.encode([None, _consumed(answer), answers.metrics_by_table(answer, schemas)])


def operation_of(code: Any) -> str:
    """The operation of an item, `Put`; raises Malformed. A code in another type, such as 2.0, is none."""
    if type(code) is not int or code not in OPERATIONS:
        raise Malformed(f"the operation {code!r} of a transaction")
    return OPERATIONS[code]


def _action(
    node: Node, code: Any, table: str, key: Item, values: Any, returned: Any, condition: Any, update: Any
) -> Json:
    operation, placeholders = operation_of(code), Placeholders()
    action: Json = {"TableName": table, **({"Item": node.decoded(values, key)} if code == _PUT else {"Key": key})}
    if condition is not None:
        action["ConditionExpression"] = expressions.condition(condition, placeholders)
    if update is not None:
        action["UpdateExpression"] = expressions.update(update, placeholders)
    if returned == _ALL_OLD:
        action["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return {operation: {**action, **placeholders.parameters()}}


def _keys(tables: Sequence[str], schemas: dict[str, KeySchema], keys: Any) -> list[Item]:
    pairs = zip(tables, as_list(keys, len(tables)), strict=True)
    return [decode_key(key, schemas[table]) for table, key in pairs]


def _optional(column: Any, count: int) -> list[Any]:
    """One value for each item of a transaction; a client may leave a whole column out."""
    return [None] * count if column is None else as_list(column, count)


async def _call(
    node: Node, operation: str, request: Json, tables: Sequence[str], schemas: dict[str, KeySchema]
) -> Json:
    try:
        return await node.dynamodb.call(operation, request)
    except DaxError as error:
        if reasons := error.document.get("CancellationReasons"):
            error.reasons = []
            for table, reason in zip(tables, reasons, strict=True):
                item = reason.get("Item")
                stored = node.encoded(item, schemas[table]) if item else None
                error.reasons += [reason.get("Code"), reason.get("Message"), stored]
        raise


def _consumed(answer: Json) -> list[Any]:
    return [answers.transaction_capacity(each) for each in answer.get("ConsumedCapacity") or []]


def _refresh(node: Node, written: list[tuple[str, Item, Any]], schemas: dict[str, KeySchema]) -> None:
    """Begin to read written items into the item cache."""
    task = asyncio.get_running_loop().create_task(_read_written(node, written, schemas))
    _refreshing.add(task)
    task.add_done_callback(_refreshing.discard)


async def _read_written(node: Node, written: list[tuple[str, Item, Any]], schemas: dict[str, KeySchema]) -> None:
    cached = [node.item_key(table, key, schemas[table]) for table, key, _ in written]
    gets = [{"Get": {"TableName": table, "Key": key}} for table, key, _ in written]
    try:
        with node.items.reading(cached) as keep:
            answer = await node.dynamodb.call("TransactGetItems", {"TransactItems": gets})
            for each, (table, _, _), response in zip(cached, written, answer["Responses"], strict=True):
                item = response.get("Item")
                keep(each, node.encoded(item, schemas[table]) if item else None)
    except DaxError as error:
        _log.info("written items are not in the item cache: %s", error)
        for each in cached:
            node.items.remove(each)
