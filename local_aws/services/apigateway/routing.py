"""Finds the resource and the method of an API for a request.

A literal path part takes precedence over a path variable, and a path variable over a greedy one. A greedy resource also
serves the methods that the matching resource does not have.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html Escaped
parts are compared, so an encoded slash does not split a part, and path variables keep their escapes (AWS:
https://github.com/localstack/localstack/blob/main/tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A matched method with its resource and path parameters."""

    resource: Json
    method: Json
    parameters: dict[str, str]


@dataclass(slots=True)
class _Node:
    resource: Json | None = None
    literals: "dict[str, _Node]" = field(default_factory=dict)
    variable: "tuple[str, _Node] | None" = None
    greedy: tuple[str, Json] | None = None


class Router:
    """Matches paths with the resources of one API."""

    def __init__(self, resources: dict[str, Json]) -> None:
        self._root = _Node()
        for resource in resources.values():
            self._add([part for part in resource["path"].split("/") if part], resource)

    def _add(self, parts: list[str], resource: Json) -> None:
        node = self._root
        for part in parts:
            if part.endswith("+}"):
                node.greedy = (part[1:-2], resource)
                return
            if part.startswith("{"):
                if node.variable is None:
                    node.variable = (part[1:-1], _Node())
                node = node.variable[1]
            else:
                node = node.literals.setdefault(part, _Node())
        node.resource = resource

    def match(self, path: str, http_method: str) -> Route | None:
        """Match a raw path (with escapes, without the stage); None when no method serves it."""
        parts = [part for part in path.split("/") if part]
        best = True
        for resource, parameters in _candidates(self._root, parts):
            is_greedy = resource["path"].endswith("+}")
            if best or is_greedy:
                methods = resource["resourceMethods"]
                method = methods.get(http_method) or methods.get("ANY")
                if method:
                    return Route(resource, method, parameters)
            best = False
        return None


def _candidates(node: _Node, parts: list[str]) -> Iterator[tuple[Json, dict[str, str]]]:
    """The matching resources, the most specific first."""
    if not parts:
        if node.resource is not None:
            yield node.resource, {}
        return
    part, rest = parts[0], parts[1:]
    literal = node.literals.get(part if "%" not in part else unquote(part))
    if literal is not None:
        yield from _candidates(literal, rest)
    if node.variable is not None:
        name, below = node.variable
        for resource, parameters in _candidates(below, rest):
            yield resource, {name: part, **parameters}
    if node.greedy is not None:
        name, resource = node.greedy
        yield resource, {name: "/".join(parts)}
