"""Projections: a client gets the value of each document path by the path's place in the expression.

An item of the item cache is complete, so its values are read here. A query's items have been projected by DynamoDB,
which leaves gaps in lists out: an element of a list belongs to the first place that has all of its parts.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from local_aws.services.dax.attribute_values import AttributeValue, Item
from local_aws.services.dax.expressions import Path

Values = dict[int, AttributeValue]
# Paths by their first element; a path that ends is its place in the expression.
_Tree = dict[str | int, "_Tree | int"]


def overlapping(paths: Sequence[Path]) -> tuple[Path, Path] | None:
    """Two paths of which one is a part of the other, which DynamoDB refuses."""
    pairs = combinations(paths, 2)
    return next(((one, two) for one, two in pairs if one[: len(two)] == two[: len(one)]), None)


def of_complete(item: Item, paths: Sequence[Path]) -> Values:
    """The values of an item that has all of its attributes, by place."""
    values = {}
    for place, path in enumerate(paths):
        value: AttributeValue | None = {"M": item}
        for element in path:
            value = _member(value, element) if value else None
        if value is not None:
            values[place] = value
    return values


def _member(value: AttributeValue, element: str | int) -> AttributeValue | None:
    ((kind, content),) = value.items()
    if isinstance(element, str):
        found = content.get(element) if kind == "M" else None
    else:
        found = content[element] if kind == "L" and element < len(content) else None
    return found


def of_projected(item: Item, paths: Sequence[Path]) -> Values:
    """The values of an item that DynamoDB has projected, by place."""
    tree: _Tree = {}
    for place, path in enumerate(paths):
        branch = tree
        for element in path[:-1]:
            branch = branch.setdefault(element, {})  # type: ignore[assignment]
        branch[path[-1]] = place
    return dict(_places({"M": item}, tree) or [])


def _places(value: AttributeValue, node: "_Tree | int") -> list[tuple[int, AttributeValue]] | None:
    """The values below a node of the tree, by place; None if a part of the value has no place there."""
    if isinstance(node, int):
        return [(node, value)]
    ((kind, content),) = value.items()
    members = list(
        _map_members(content, node) if kind == "M" else _list_members(content, node) if kind == "L" else [None]
    )
    if any(member is None for member in members):
        return None
    return [place for member in members for place in member or []]


def _map_members(content: Item, node: _Tree) -> Iterator[list[tuple[int, AttributeValue]] | None]:
    for name, member in content.items():
        yield _places(member, node[name]) if name in node else None


def _list_members(content: list[Any], node: _Tree) -> Iterator[list[tuple[int, AttributeValue]] | None]:
    indexes = iter(sorted(index for index in node if isinstance(index, int)))
    for member in content:
        yield next((places for index in indexes if (places := _places(member, node[index])) is not None), None)
