"""msgspec's messages with the names of JSON's types instead of Python's."""

import re

from common.values import EMPTY_OR_VISIBLE_LINE, TEXT, VISIBLE_LINE

_TYPES = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
_QUOTED = re.compile(r"`([^`]*)`")
_LENGTH = re.compile(r" of length (<=|>=) (\d+)")
_BOUND = re.compile(r" (<=|>=|<|>) (-?[\d.e+]+)$")
_BOUNDS = {"<=": "{} or less", ">=": "{} or more", "<": "less than {}", ">": "more than {}"}
_PATTERNS = {
    TEXT: "must have no control characters other than tabs and line breaks",
    VISIBLE_LINE: "must be one line without control characters, with something in it that can be seen",
    EMPTY_OR_VISIBLE_LINE: "must be empty, or one line without control characters with something that can be seen",
}


def humanize(message: str) -> str:
    """`Expected `str`, got `int`` becomes `must be a string, not a whole number`."""
    if "matching regex" in message:
        known = (said for pattern, said in _PATTERNS.items() if repr(pattern) in message)
        return next(known, "has characters or a form that are not allowed here")
    text = message.replace("Expected ", "must be ", 1).replace(", got ", ", not ", 1)
    text = _LENGTH.sub(lambda match: f" of length {_BOUNDS[match[1]].format(match[2])}", text)
    text = _BOUND.sub(lambda match: f", {_BOUNDS[match[1]].format(match[2])}", text)
    return _QUOTED.sub(lambda match: _alternatives(match[1]), text)


def _alternatives(types: str) -> str:
    """Name types; `int` is left out beside `float`, since a number includes whole numbers."""
    names = types.split(" | ")
    return " or ".join(_TYPES.get(name, name) for name in names if not (name == "int" and "float" in names))
