"""The values that a field allows, for the error of a field with another one."""

import re
from typing import Any

import msgspec
from msgspec import inspect

_STEP = re.compile(r"\w+|\[[^\]]*\]")


def allowed(struct: type[msgspec.Struct], path: str) -> str:
    """Say which values a field of a struct allows, in alphabetical order.

    `path` is the field's in msgspec's messages, such as `status` or `parts[0].kind`.
    """
    kinds = _alternatives(inspect.type_info(struct))
    for step in _STEP.findall(path):
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    values = [str(value) for kind in kinds for value in _values(kind)]
    return f"must be {_or(values)}" if values else "is not one of the allowed values"


def _alternatives(kind: Any) -> list[Any]:
    """Return the types of a union, or the type itself, without what annotates them."""
    if isinstance(kind, inspect.Metadata):
        return _alternatives(kind.type)
    return (
        [one for each in kind.types for one in _alternatives(each)] if isinstance(kind, inspect.UnionType) else [kind]
    )


def _inside(kind: Any, step: str) -> list[Any]:
    """Return the types at one step of a path: a field's name, or `[0]` of a list or `[...]` of an object."""
    if step.startswith("["):
        items = getattr(kind, "item_type", None) or getattr(kind, "value_type", None)
        return _alternatives(items) if items else []
    if getattr(kind, "tag_field", None) == step:
        return [inspect.LiteralType((kind.tag,))]
    return [one for each in getattr(kind, "fields", ()) if each.encode_name == step for one in _alternatives(each.type)]


def _values(kind: Any) -> list[Any]:
    if isinstance(kind, inspect.EnumType):
        return [member.value for member in kind.cls]
    return list(kind.values) if isinstance(kind, inspect.LiteralType) else []


def _or(values: list[str]) -> str:
    *others, last = values
    return f"{', '.join(others)} or {last}" if others else last
