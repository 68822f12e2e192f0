"""Reads key conditions: which positions of a sorted partition fulfil one."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ministack.services import dynamodb

from local_aws.services.dynamodb.sorted_keys import Entry, Source, Table

_MIRRORED = {"EQ": "EQ", "LT": "GT", "GT": "LT", "LE": "GE", "GE": "LE"}
_NAMES = ("IDENT", "NAME_REF")
_MEMBERS = ("KeyConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues")
_Token = tuple[str, str]


@dataclass(frozen=True)
class Condition:
    """A condition on one key attribute; `operator` is the kind of MiniStack's token, BETWEEN or BEGINS_WITH."""

    name: str
    operator: str
    values: tuple[dict[str, str], ...]


class UnusualCondition(Exception):
    """A key condition does not have one of the documented forms."""


def sort_condition(data: dict[str, Any], table: Table, source: Source) -> Condition | None:
    """Return the condition on the sort key of a Query; None if there is none.

    Raises
    ------
    UnusualCondition
        The expression has another form, or a value of another type; MiniStack decides what it means.
    """
    expression, names, values = (data.get(name) or {} for name in _MEMBERS)
    if not isinstance(expression, str) or not isinstance(names, dict) or not isinstance(values, dict):
        raise UnusualCondition
    if data.get("KeyConditions") or len(source.partition_keys) != 1 or len(source.sort_keys) > 1:
        raise UnusualCondition
    clauses = dynamodb._key_condition_clauses(dynamodb._tokenize(expression))
    conditions = [_condition(clause, names, values) for clause in clauses]
    by_name = {condition.name: condition for condition in conditions if _fits(condition, table)}
    partition = by_name.pop(source.partition_keys[0], None)
    if partition is None or partition.operator != "EQ" or len(by_name) != len(conditions) - 1:
        raise UnusualCondition
    if by_name.keys() - {*source.sort_keys}:
        raise UnusualCondition
    return next(iter(by_name.values()), None)


def _fits(condition: Condition, table: Table) -> bool:
    """Whether all values have the type of the attribute."""
    kind = dynamodb._get_attr_type(table, condition.name)
    return all(value.keys() == {kind} and isinstance(value[kind], str) for value in condition.values)


def _condition(clause: list[_Token], names: dict[str, str], values: dict[str, Any]) -> Condition:
    if len(clause) > 2 and clause[0][0] == "LPAREN" and clause[-1][0] == "RPAREN":
        clause = clause[1:-1]
    name, operator, references = _parts(clause)
    name = names.get(name, "") if name.startswith("#") else name
    if not name or not all(isinstance(values.get(reference), dict) for reference in references):
        raise UnusualCondition
    return Condition(name, operator, tuple(values[reference] for reference in references))


def _parts(clause: list[_Token]) -> tuple[str, str, tuple[str, ...]]:
    """The name, the operator and the references to values."""
    match clause:
        case [(kind, name), (operator, _), ("VALUE_REF", value)] if kind in _NAMES and operator in _MIRRORED:
            return name, operator, (value,)
        case [("VALUE_REF", value), (operator, _), (kind, name)] if kind in _NAMES and operator in _MIRRORED:
            return name, _MIRRORED[operator], (value,)
        case [(kind, name), ("IDENT", word), ("VALUE_REF", low), ("IDENT", _), ("VALUE_REF", high)] if (
            kind in _NAMES and word.upper() == "BETWEEN"
        ):
            return name, "BETWEEN", (low, high)
        case [("IDENT", word), ("LPAREN", _), (kind, name), ("COMMA", _), ("VALUE_REF", value), ("RPAREN", _)] if (
            kind in _NAMES and word.lower() == "begins_with"
        ):
            return name, "BEGINS_WITH", (value,)
    raise UnusualCondition


def positions(entries: Sequence[Entry], condition: Condition | None) -> tuple[int, int]:
    """The first position that fulfils a condition on the sort key, and the one after the last."""
    if condition is None:
        return 0, len(entries)
    low, *rest = (dynamodb._sort_key_value(value, next(iter(value))) for value in condition.values)
    high = rest[0] if rest else low
    length = len(low) if condition.operator == "BEGINS_WITH" else None

    def sort_value(entry: Entry) -> Any:
        value = entry.order[0]
        return value if length is None else value[:length]

    first, after = 0, len(entries)
    if condition.operator not in ("LT", "LE"):
        from_first = bisect_right if condition.operator == "GT" else bisect_left
        first = from_first(entries, low, key=sort_value)
    if condition.operator not in ("GT", "GE"):
        to_last = bisect_left if condition.operator == "LT" else bisect_right
        after = to_last(entries, high, key=sort_value)
    return first, after
