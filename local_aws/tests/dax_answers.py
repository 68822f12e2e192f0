"""The answers of calls, as tests compare them, and what they are about."""

from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

KEY = {"pk": {"S": "one"}, "sk": {"S": "a"}}
ITEM = {
    **KEY,
    "group": {"S": "g"},
    "n": {"N": "1.50"},
    "big": {"N": "12345678901234567890123456789012345678"},
    "text": {"S": "Grüße\x00"},
    "data": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "list": {"L": [{"S": "x"}, {"M": {"in": {"N": "-7"}, "other": {"S": "o"}}}, {"L": []}, {"S": "last"}]},
    "map": {"M": {"a.b": {"S": "dotted"}, "deep": {"M": {"er": {"BOOL": False}}}, "empty": {"M": {}}}},
    "tags": {"SS": ["b", "a"]},
    "numbers": {"NS": ["1", "2.5"]},
    "blobs": {"BS": [b"1", b"2"]},
}
ONE = {":one": {"N": "1"}}


def comparable(value: Any) -> Any:
    """An answer without what differs between two calls, and numbers as numbers."""
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content), *_) = [*value.items(), (None, None)]
    if len(value) == 1 and kind == "N" and isinstance(content, str):
        return {"N": Decimal(content)}
    if len(value) == 1 and kind in ("SS", "NS", "BS"):
        return {kind: {Decimal(each) if kind == "NS" else each for each in content}}
    return {name: comparable(each) for name, each in value.items() if name != "ResponseMetadata"}


def outcome(client: Any, operation: str, **request: Any) -> Any:
    """The comparable answer of a call, or the code of its error."""
    try:
        return comparable(getattr(client, operation)(**request))
    except ClientError as error:
        return error.response["Error"].get("Code") or error.code


def by_key(answer: Any, table: str) -> Any:
    """An answer with the items of a batch in the order of their keys, without the table's name."""
    if isinstance(answer, dict) and isinstance(answer.get("Responses"), dict):
        return sorted(answer["Responses"][table], key=repr)
    return answer


def as_request(key: dict[str, Any]) -> dict[str, Any]:
    """A comparable key as a request has it."""
    return {name: {kind: each if kind != "N" else str(each) for kind, each in key[name].items()} for name in key}


def named(**names: str) -> dict[str, Any]:
    """The parameter of a request that has the names of attributes."""
    return {"ExpressionAttributeNames": {f"#{short}": name for short, name in names.items()}}
