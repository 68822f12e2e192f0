"""Attribute values and keys: as DynamoDB's API has them in JSON, and as DAX has them in CBOR.

A key has the values of the key schema without names. A number keeps its value, not its spelling.
"""

import base64
from collections.abc import Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from local_aws.services.dax import ordered_numbers
from local_aws.services.dax.cbor import Malformed, Tagged, encode, nested

AttributeValue = dict[str, Any]
Item = dict[str, AttributeValue]
# Name and type of the partition key, and of the sort key if there is one.
KeySchema = Sequence[tuple[str, str]]
_SETS = {3321: "SS", 3322: "NS", 3323: "BS"}
# DynamoDB's numbers have up to 38 digits, and exponents up to 125.
_NUMBERS = Context(prec=60)
_PLAIN_EXPONENTS = range(-200, 200)
_TAGS = {kind: tag for tag, kind in _SETS.items()}


def from_cbor(value: Any) -> AttributeValue:
    """An attribute value from CBOR; raises Malformed if it is none."""
    if isinstance(value, list):
        return {"L": [from_cbor(item) for item in value]}
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise Malformed("a map with keys that are not text")
        return {"M": {name: from_cbor(item) for name, item in value.items()}}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, Tagged):
        return _set_from_cbor(value)
    return {_scalar_type(value): _scalar(value)}


def _set_from_cbor(value: Tagged) -> AttributeValue:
    kind = _SETS.get(value.tag)
    if kind is None or not isinstance(value.value, list):
        raise Malformed(f"the tag {value.tag}")
    if any(_scalar_type(item) != kind[0] for item in value.value):
        raise Malformed(f"a set {kind} with values of another type")
    return {kind: [_scalar(item) for item in value.value]}


def _scalar_type(value: Any) -> str:
    if isinstance(value, str):
        return "S"
    if isinstance(value, bytes):
        return "B"
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return "N"
    raise Malformed(f"a value of the type {type(value).__name__}")


def _scalar(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return number_text(value) if isinstance(value, Decimal) else str(value)


def number_text(number: Decimal) -> str:
    """A number as DynamoDB writes it: without an exponent, and without zeros at its end."""
    if len(number.as_tuple().digits) > _NUMBERS.prec:
        return str(number)
    plain = number.normalize(_NUMBERS)
    return format(plain, "f") if plain.as_tuple().exponent in _PLAIN_EXPONENTS else str(plain)


def to_cbor(value: AttributeValue) -> Any:
    """An attribute value for CBOR."""
    ((kind, content),) = value.items()
    if kind == "L":
        return [to_cbor(item) for item in content]
    if kind == "M":
        return {name: to_cbor(item) for name, item in content.items()}
    if kind == "NULL":
        return None
    if kind == "BOOL":
        return bool(content)
    if kind in _TAGS:
        return Tagged(_TAGS[kind], [_scalar_to_cbor(kind[0], item) for item in content])
    return _scalar_to_cbor(kind, content)


def _scalar_to_cbor(kind: str, content: Any) -> Any:
    if kind == "N":
        return _number(content)
    return base64.b64decode(content) if kind == "B" else str(content)


def _number(text: str) -> int | Decimal:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def decode_key(data: Any, schema: KeySchema) -> Item:
    """The key attributes of a key's bytes; raises Malformed if they do not fit the schema."""
    reader = nested(data)
    (name, kind), *sort_key = schema
    is_raw = not sort_key and kind != "N"
    key = {name: _raw(kind, reader.rest()) if is_raw else from_cbor(reader.value())}
    if sort_key:
        key[sort_key[0][0]] = _raw(sort_key[0][1], reader.rest())
    if any(kind not in key[name] for name, kind in schema):
        raise Malformed("a key of other types than the key schema")
    return key


def _raw(kind: str, data: bytes) -> AttributeValue:
    if kind == "B":
        return {"B": _scalar(data)}
    if kind == "N":
        return {"N": number_text(ordered_numbers.decode(data))}
    try:
        return {"S": data.decode()}
    except UnicodeDecodeError as error:
        raise Malformed("a key that is not UTF-8") from error


def encode_key(item: Item, schema: KeySchema) -> bytes:
    """The bytes of an item's key."""
    (name, kind), *sort_key = schema
    value = _scalar_to_cbor(kind, item[name][kind])
    if sort_key or kind == "N":
        return encode(value) + (_sort_key(item, *sort_key[0]) if sort_key else b"")
    return value if isinstance(value, bytes) else str(value).encode()


def _sort_key(item: Item, name: str, kind: str) -> bytes:
    value = _scalar_to_cbor(kind, item[name][kind])
    if kind == "N":
        return ordered_numbers.encode(Decimal(value))
    return value if isinstance(value, bytes) else str(value).encode()


def cache_key(key: Item, schema: KeySchema) -> tuple[str, ...]:
    """What two keys have in common if DynamoDB takes them for the same."""
    return tuple(_same_text(kind, str(key[name][kind])) for name, kind in schema)


def _same_text(kind: str, text: str) -> str:
    try:
        return number_text(Decimal(text)) if kind == "N" else text
    except InvalidOperation:
        return text


def compound_key(item: Item) -> bytes:
    """The bytes of a key of an index, which names its attributes."""
    return encode({name: to_cbor(value) for name, value in item.items()})


def decode_compound_key(data: Any) -> Item:
    """The attributes of a key of an index; raises Malformed."""
    value = from_cbor(nested(data).value())
    if "M" not in value:
        raise Malformed("a key without names")
    key: Item = value["M"]
    return key


def without_key(item: Item, schema: KeySchema) -> Item:
    """The attributes that are not in the key, in the order of DAX's attribute lists."""
    names = {name for name, _ in schema}
    return {name: item[name] for name in sorted(item) if name not in names}


def text_or_bytes(value: Any) -> str:
    """A name that a client sends as text or as bytes; raises Malformed."""
    try:
        return value.decode() if isinstance(value, bytes) else _text(value)
    except UnicodeDecodeError as error:
        raise Malformed("a name that is not UTF-8") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Malformed("a name that is not text")
    return value
