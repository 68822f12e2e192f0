"""Prefixes of S3 keys with expressions: `telemetry/day=!{timestamp:yyyy-MM-dd}/`.

https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html: a timestamp is the arrival of the oldest record of the
object, in UTC, as a pattern of Java's DateTimeFormatter. A prefix without a timestamp gets `yyyy/MM/dd/HH/`, unless
dynamic partitioning is enabled.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

LAMBDA_KEY = "partitionKeyFromLambda"
ERROR_TYPE = ("firehose", "error-output-type")
DEFAULT_TIME = "!{timestamp:yyyy/MM/dd/HH/}"
_EXPRESSION = re.compile(r"!\{([A-Za-z]+):([^}]*)\}")
_PATTERN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
# The letters of DateTimeFormatter that are served.
_FIELDS = {"y": "%Y", "u": "%Y", "M": "%m", "d": "%d", "H": "%H", "m": "%M", "s": "%S"}
_WIDTHS = {"y": (4,), "u": (4,), "M": (2,), "d": (2,), "H": (2,), "m": (2,), "s": (2,)}


def expressions(prefix: str) -> list[tuple[str, str]]:
    """The expressions of a prefix: (namespace, value)."""
    return _EXPRESSION.findall(prefix)


def partition_keys(prefix: str) -> list[str]:
    """The names of the partition keys that a prefix uses, each once, in their order."""
    return list(dict.fromkeys(value for namespace, value in expressions(prefix) if namespace == LAMBDA_KEY))


def problem_of(prefix: str) -> str:
    """Why the expressions of a prefix are not valid; empty if they are."""
    if _EXPRESSION.sub("", prefix).count("!{"):
        return "The sequence !{ can only appear in !{namespace:value} expressions"
    for namespace, value in expressions(prefix):
        if namespace == "timestamp":
            if any(letter and not _is_served(letter, item) for letter, item in _items(value)):
                return f"The timestamp pattern {value} is not supported by the embedded AWS"
        elif namespace != LAMBDA_KEY and (namespace, value) != ERROR_TYPE:
            return f"The expression !{{{namespace}:{value}}} is not supported by the embedded AWS"
    return ""


def evaluated(prefix: str, oldest: float, keys: Mapping[str, str], error_type: str = "") -> str:
    """A prefix with its expressions evaluated; `oldest` is the arrival of the object's oldest record, epoch seconds."""
    time = datetime.fromtimestamp(oldest, UTC)

    def value_of(expression: re.Match[str]) -> str:
        namespace, value = expression.groups()
        if namespace == "timestamp":
            return formatted(value, time)
        if namespace == LAMBDA_KEY:
            return keys[value]
        return error_type

    return _EXPRESSION.sub(value_of, prefix)


def formatted(pattern: str, time: datetime) -> str:
    """A time by a pattern of DateTimeFormatter; text in single quotes stays as it is."""
    return "".join(
        time.strftime(_FIELDS[letter]) if letter else item.replace("''", "'") for letter, item in _items(pattern)
    )


def _items(pattern: str) -> list[tuple[str, str]]:
    """The parts of a pattern: (letter, letters) for a field, ("", text) for text."""
    items = []
    for match in _PATTERN.finditer(pattern):
        quoted, letter = match.groups()
        if letter:
            items.append((letter, match[0]))
        elif quoted is None:
            items.append(("", match[0]))
        else:
            items.append(("", quoted or "'"))
    return items


def _is_served(letter: str, letters: str) -> bool:
    return len(letters) in _WIDTHS.get(letter, ())
