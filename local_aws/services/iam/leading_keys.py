"""DynamoDB's condition keys: what a request touches, so that a policy can limit users to their own items.

`dynamodb:LeadingKeys` holds the partition key values of a request's items and `dynamodb:Attributes` the top-level
attributes that any of its parameters names. Each item of a transaction is authorized by its own keys.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html

This MiniStack never sets LeadingKeys, so `ForAllValues` is always true. It reads only the attributes of projections. If
a batch also names a `TableName`, it checks the batch on that table alone.

If AWS knows a leading key that cannot be read here (an unusual key condition), the value is one that no policy
allows. As on AWS, Scan has no leading keys, so `ForAllValues` allows it: leave Scan out of such a policy's actions.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb

from local_aws.hooks import wraps

_REQUEST = "dynamodb-request"
# A value that no policy names: a key that cannot be read must not pass for the caller's own.
_UNKNOWN = "\x00unknown"
_EXPRESSIONS = (
    "ProjectionExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ConditionExpression",
    "UpdateExpression",
)
_ATTRIBUTE_MAPS = ("Key", "Item", "Expected", "AttributeUpdates", "KeyConditions", "ScanFilter", "QueryFilter")
_WORD = re.compile(r"(?<![\w.:#\]-])(?P<name>#?\w[\w-]*|#\w+)(?P<call>\s*\()?")
_KEYWORDS = frozenset({"set", "remove", "add", "delete", "and", "or", "not", "between", "in"})
_SINGLE_VALUES = ("ReturnValues", "ReturnConsumedCapacity")
_EQUALITY = re.compile(r"(?P<name>#?[\w.-]+)\s*=\s*(?P<value>:\w+)")


@dataclass
class _Request:
    """One DynamoDB call: its body, and how many items of a transaction have been checked."""

    body: dict[str, Any]
    items: Iterator[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.items = (member for item in _dicts(self.body.get("TransactItems")) for member in _dicts(item.values()))

    def keys(self, action: str, resource_arn: str, in_transaction: bool) -> dict[str, Any]:
        """The condition keys of one check: an item of a transaction, one table of a batch, or the whole call."""
        if in_transaction:
            body = next(self.items, {})
            return _keys(_item_keys(body), [body])
        operation = action.removeprefix("dynamodb:")
        table = resource_arn.rpartition(":table/")[2]
        if operation in ("BatchGetItem", "BatchWriteItem"):
            return _batch_keys(self.body.get("RequestItems"), table)
        return _keys(_operation_keys(operation, self.body), [self.body])


@wraps("ministack.core.iam_actions:dynamodb_service_context")
def _service_context(context_of: Callable[..., dict[str, Any]], body: bytes) -> dict[str, Any]:
    context = context_of(body)
    document = _document(body)
    context.update({f"dynamodb:{name}": document[name] for name in _SINGLE_VALUES if name in document})
    context[_REQUEST] = _Request(document)
    return context


@wraps("ministack.core.iam_actions:dynamodb_resource_arns")
def _resource_arns(arns_of: Callable[..., list[str]], body: bytes, region: str, account_id: str) -> list[str]:
    arns = arns_of(body, region, account_id)
    tables = _document(body).get("RequestItems")
    named = [iam_actions._dynamodb_table_arn(name, region, account_id) for name in _mapping(tables)]
    return arns + [arn for arn in named if arn not in arns]


@wraps("ministack.core.iam_evaluator:enforce")
def _enforce(
    enforce: Callable[..., Any],
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """Give a check of a DynamoDB action the keys of what the action touches."""
    context = dict(service_context or {})
    request = context.pop(_REQUEST, None)
    if isinstance(request, _Request):
        context.update(request.keys(iam_action, resource_arn, "dynamodb:EnclosingOperation" in context))
    return enforce(access_key_id, iam_action, service, region, resource_arn, context)


def _keys(leading_keys: list[str] | None, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    keys: dict[str, Any] = {} if leading_keys is None else {"dynamodb:LeadingKeys": leading_keys}
    attributes = sorted({name for body in bodies for name in _attributes(body)})
    return keys | ({"dynamodb:Attributes": attributes} if attributes else {})


def _batch_keys(request_items: Any, table: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    bodies: list[dict[str, Any]] = []
    for name, request in _mapping(request_items).items():
        if _table_name(name) != table:
            continue
        if isinstance(request, dict):
            items += [{"TableName": name, "Key": key} for key in _dicts(request.get("Keys"))]
            bodies.append(request)
        for write in _dicts(request if isinstance(request, list) else None):
            items += [{"TableName": name, **member} for member in _dicts(write.values())]
    return _keys([value for item in items for value in _item_keys(item)] or [_UNKNOWN], bodies + items)


def _operation_keys(operation: str, body: dict[str, Any]) -> list[str] | None:
    if operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem"):
        return _item_keys(body)
    if operation == "Query":
        return _query_keys(body)
    return None


def _item_keys(body: dict[str, Any]) -> list[str]:
    """The partition key values of an item or a key; an unknown one if they cannot be read."""
    partition_key = _partition_key(body)
    items = [_mapping(body.get(member)) for member in ("Key", "Item")]
    return [_text(item[partition_key]) for item in items if partition_key in item] or [_UNKNOWN]


def _query_keys(body: dict[str, Any]) -> list[str]:
    partition_key = _partition_key(body)
    names, values = _mapping(body.get("ExpressionAttributeNames")), _mapping(body.get("ExpressionAttributeValues"))
    found = [
        _text(values.get(match["value"]))
        for match in _EQUALITY.finditer(str(body.get("KeyConditionExpression", "")))
        if names.get(match["name"], match["name"]) == partition_key
    ]
    condition = _mapping(_mapping(body.get("KeyConditions")).get(partition_key))
    found += [_text(value) for value in _dicts(condition.get("AttributeValueList"))]
    return found or [_UNKNOWN]


def _partition_key(body: dict[str, Any]) -> str:
    table = _mapping(dynamodb._tables.get(_table_name(body.get("TableName"))))
    schema = table.get("KeySchema")
    indexes = [*_dicts(table.get("GlobalSecondaryIndexes")), *_dicts(table.get("LocalSecondaryIndexes"))]
    if "IndexName" in body:
        schema = next((index["KeySchema"] for index in indexes if index.get("IndexName") == body["IndexName"]), None)
    return next((str(key["AttributeName"]) for key in _dicts(schema) if key.get("KeyType") == "HASH"), "")


def _attributes(body: dict[str, Any]) -> Iterator[str]:
    names = _mapping(body.get("ExpressionAttributeNames"))
    for expression in _EXPRESSIONS:
        if expression in body:
            yield from (str(names.get(name, name)) for name in _names_in(str(body[expression])))
    for member in _ATTRIBUTE_MAPS:
        yield from _mapping(body.get(member))
    legacy = body.get("AttributesToGet")
    yield from (str(name) for name in legacy) if isinstance(legacy, list) else ()


@lru_cache(1024)
def _names_in(expression: str) -> tuple[str, ...]:
    """The names and the placeholders of names in an expression, which is the same for many requests."""
    words = _WORD.finditer(expression)
    return tuple(word["name"] for word in words if not word["call"] and word["name"].lower() not in _KEYWORDS)


def _table_name(table: Any) -> str:
    return str(table).rpartition(":table/")[2]


def _text(value: Any) -> str:
    return str(next(iter(value.values()))) if isinstance(value, dict) and value else _UNKNOWN


def _document(body: bytes) -> dict[str, Any]:
    try:
        return _mapping(json.loads(body or b"{}"))
    except ValueError:
        return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(values: Any) -> list[dict[str, Any]]:
    listed = values if isinstance(values, list) else list(values) if isinstance(values, type({}.values())) else []
    return [value for value in listed if isinstance(value, dict)]
