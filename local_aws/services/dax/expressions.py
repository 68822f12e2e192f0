"""Expressions: a client sends them parsed, as nested lists in CBOR, and DynamoDB takes text.

An expression is `[format, tree, values]`. In a tree, `[operator, operand, ...]` is an operation, `[17, n]` the n-th
value and `[18, element, ...]` a document path. Names and values get placeholders of their own here, so DynamoDB's
messages have other placeholders than the caller's.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from typing import Any

from local_aws.services.dax.attribute_values import from_cbor
from local_aws.services.dax.cbor import Malformed, Tagged, nested

Path = tuple[str | int, ...]
_FORMAT = 1
_COMPARATORS = {0: "=", 1: "<>", 2: "<", 3: ">=", 4: ">", 5: "<="}
_AND, _OR, _NOT, _BETWEEN, _IN = 6, 7, 8, 9, 10
_FUNCTIONS = {
    11: "attribute_exists",
    12: "attribute_not_exists",
    13: "attribute_type",
    14: "begins_with",
    15: "contains",
    16: "size",
    23: "if_not_exists",
    24: "list_append",
}
_VALUE, _PATH = 17, 18
_CLAUSES = {19: "SET", 20: "ADD", 21: "DELETE", 22: "REMOVE"}
_ARITHMETIC = {25: "+", 26: "-"}
_LIST_INDEX = 3324
# What binds weaker than its neighbour is in parentheses.
_STRENGTHS = {_OR: 1, _AND: 2, _NOT: 3}
_STRONGEST = 4


class Placeholders:
    """The names and values of the expressions of one request."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, attribute: str) -> str:
        """The placeholder of an attribute's name."""
        known = (placeholder for placeholder, name in self.names.items() if name == attribute)
        placeholder = next(known, f"#n{len(self.names)}")
        self.names[placeholder] = attribute
        return placeholder

    def value(self, value: Any) -> str:
        """A new placeholder for a value in CBOR."""
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = from_cbor(value)
        return placeholder

    def parameters(self) -> dict[str, Any]:
        """The parameters of a request that have the names and values."""
        names = {"ExpressionAttributeNames": self.names} if self.names else {}
        return {**names, **({"ExpressionAttributeValues": self.values} if self.values else {})}


def condition(data: Any, placeholders: Placeholders) -> str:
    """The text of a condition, a key condition or a filter; raises Malformed."""
    tree, values = _parts(data, 3)
    return _Text(placeholders, values).condition(tree)


def update(data: Any, placeholders: Placeholders) -> str:
    """The text of an update expression; raises Malformed."""
    tree, values = _parts(data, 3)
    text = _Text(placeholders, values)
    clauses: dict[str, list[str]] = {}
    for action in _list(tree):
        code, operands = _operation(action)
        if code not in _CLAUSES:
            raise Malformed(f"the update action {code}")
        clauses.setdefault(_CLAUSES[code], []).append(text.action(code, operands))
    return " ".join(f"{clause} {', '.join(actions)}" for clause, actions in clauses.items())


def projection(data: Any) -> list[Path]:
    """The document paths of a projection expression; raises Malformed."""
    (tree,) = _parts(data, 2)
    return [_path(each) for each in _list(tree)]


def path_text(path: Path, placeholders: Placeholders) -> str:
    """The text of a document path."""
    text = ""
    for element in path:
        if isinstance(element, int):
            text += f"[{element}]"
        else:
            text += f"{'.' if text else ''}{placeholders.name(element)}"
    return text


def _parts(data: Any, count: int) -> list[Any]:
    parts = _list(nested(data).value())
    if len(parts) != count or parts[0] != _FORMAT:
        raise Malformed("an expression in another format")
    return parts[1:]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise Malformed("an expression that is not a list")
    return value


def _operation(node: Any) -> tuple[int, list[Any]]:
    code, *operands = _list(node)
    if type(code) is not int:
        raise Malformed("an operation without an operator")
    return code, operands


def _path(node: Any) -> Path:
    code, elements = _operation(node)
    if code != _PATH or not elements or not isinstance(elements[0], str):
        raise Malformed("a document path")
    return tuple(_element(each) for each in elements)


def _element(element: Any) -> str | int:
    if isinstance(element, Tagged) and element.tag == _LIST_INDEX and type(element.value) is int:
        return element.value
    if not isinstance(element, str):
        raise Malformed("an element of a document path")
    return element


class _Text:
    """Writes trees as text."""

    def __init__(self, placeholders: Placeholders, values: Any) -> None:
        self._placeholders = placeholders
        self._values = values if isinstance(values, list) else []
        self._used: dict[int, str] = {}

    def condition(self, node: Any, at_least: int = 0) -> str:
        code, operands = _operation(node)
        strength = _STRENGTHS.get(code, _STRONGEST)
        text = self._condition(code, operands, strength)
        return f"({text})" if strength < at_least else text

    def _condition(self, code: int, operands: list[Any], strength: int) -> str:
        if code in (_AND, _OR):
            first, second = _exactly(operands, 2)
            word = "AND" if code == _AND else "OR"
            return f"{self.condition(first, strength)} {word} {self.condition(second, strength)}"
        if code == _NOT:
            return f"NOT {self.condition(_exactly(operands, 1)[0], strength)}"
        if code in _COMPARATORS:
            first, second = map(self.operand, _exactly(operands, 2))
            return f"{first} {_COMPARATORS[code]} {second}"
        if code == _BETWEEN:
            value, low, high = map(self.operand, _exactly(operands, 3))
            return f"{value} BETWEEN {low} AND {high}"
        if code == _IN:
            value, choices = _exactly(operands, 2)
            return f"{self.operand(value)} IN ({', '.join(map(self.operand, _list(choices)))})"
        return self.operand([code, *operands])

    def action(self, code: int, operands: list[Any]) -> str:
        path, *value = _exactly(operands, 1 if _CLAUSES[code] == "REMOVE" else 2)
        text = path_text(_path(path), self._placeholders)
        if not value:
            return text
        return f"{text} {'= ' if _CLAUSES[code] == 'SET' else ''}{self.operand(value[0])}"

    def operand(self, node: Any) -> str:
        code, operands = _operation(node)
        if code == _PATH:
            return path_text(_path(node), self._placeholders)
        if code == _VALUE:
            return self._value(_exactly(operands, 1)[0])
        if code in _ARITHMETIC:
            first, second = map(self.operand, _exactly(operands, 2))
            return f"{first} {_ARITHMETIC[code]} {second}"
        if code in _FUNCTIONS:
            return f"{_FUNCTIONS[code]}({', '.join(map(self.operand, operands))})"
        raise Malformed(f"the operator {code}")

    def _value(self, number: Any) -> str:
        if type(number) is not int or not 0 <= number < len(self._values):
            raise Malformed("a value that is not there")
        if number not in self._used:
            self._used[number] = self._placeholders.value(self._values[number])
        return self._used[number]


def _exactly(operands: list[Any], count: int) -> list[Any]:
    if len(operands) != count:
        raise Malformed(f"{len(operands)} operands in place of {count}")
    return operands
