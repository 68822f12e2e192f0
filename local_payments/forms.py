"""Stripe's request bodies: forms with nested names, such as `line_items[0][price_data][currency]=eur`."""

import re
from typing import Any
from urllib.parse import parse_qsl

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


class MalformedForm(Exception):
    """A name is not well formed."""


def parsed(text: str) -> dict[str, Any]:
    """Read a form or a query string.

    Raises
    ------
    MalformedForm
    """
    fields: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = _NAME.fullmatch(name)
        if match is None:
            raise MalformedForm(f"Invalid parameter name: {name}")
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        _put(fields, path, value)
    return {name: _with_lists(value) for name, value in fields.items()}


def _put(fields: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        fields = fields.setdefault(part or str(len(fields)), {})
        if not isinstance(fields, dict):
            raise MalformedForm(f"Invalid parameter: {part}")
    fields[path[-1] or str(len(fields))] = value


def _with_lists(value: Any) -> Any:
    """Turn objects whose names are 0, 1, 2 ... into lists."""
    if not isinstance(value, dict):
        return value
    children = {name: _with_lists(child) for name, child in value.items()}
    if children and all(name.isdecimal() for name in children):
        return [children[name] for name in sorted(children, key=int)]
    return children
