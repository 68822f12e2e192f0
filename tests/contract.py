"""An app's contract, as the tests of bad input use it."""

import json
import re
from dataclasses import dataclass
from typing import Any

from contract.document import OTHER_PARAMETERS
from tests.apps import ROOT

JSON = "application/json"


@dataclass(frozen=True)
class Described:
    """One operation of an app's contract: its parameters and its body."""

    method: str
    path: str
    parameters: frozenset[tuple[str, str]]
    body: dict[str, Any]
    example: Any
    content_types: frozenset[str]
    is_public: bool
    # The path with an example of each of its parameters.
    path_of_examples: str
    # `?` and a value for each query parameter that is required; empty if none is.
    required_query: str
    # Links to the operation are followed, and parameters that it does not know are ignored.
    ignores_unknown_parameters: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def text_field(self) -> str:
        """A field of the body whose type is text; any name for a body without one, which refuses it as unknown."""
        texts = (
            name
            for name, schema in self.body["properties"].items()
            if any(choice.get("type") == "string" for choice in schema.get("anyOf", [schema]))
        )
        return next(texts, "text")

    def takes(self, place: str, name: str) -> bool:
        """Whether the operation has a parameter of this name in `query`, `header` or `path`."""
        return (place, name) in self.parameters


def operations(app: str) -> list[Described]:
    """Every operation of an app's contract; `app` is its folder."""
    document = json.loads((ROOT / app / "openapi.json").read_text())
    schemas = document["components"]["schemas"]
    return [
        _described(method, path, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _described(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Described:
    content = operation.get("requestBody", {}).get("content", {})
    media = content.get(JSON, {})
    name = media.get("schema", {}).get("$ref", "").rpartition("/")[2]
    required = [one for one in operation.get("parameters", []) if one["in"] == "query" and one.get("required")]
    examples = {
        one["name"]: one["schema"]["examples"][0] for one in operation.get("parameters", []) if one["in"] == "path"
    }
    query = "&".join(f"{one['name']}={one['schema']['examples'][0]}" for one in required)
    parameters = frozenset((parameter["in"], parameter["name"]) for parameter in operation.get("parameters", []))
    return Described(
        method=method.upper(),
        path=path,
        parameters=parameters,
        body=schemas[name] if name else {},
        example=media.get("example"),
        content_types=frozenset(content),
        is_public=operation.get("security") == [],
        path_of_examples=re.sub(r"\{(\w+)\}", lambda name: examples[name[1]], path),
        required_query=f"?{query}" if query else "",
        ignores_unknown_parameters=OTHER_PARAMETERS in operation["description"],
    )


def wrong_values(schema: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return (name, value) of values that are not valid for a property's schema."""
    choices = schema.get("anyOf", [schema])
    types = {choice["type"] for choice in choices if "type" in choice}
    wrong: list[tuple[str, Any]] = [("an object", {"a": 1})]
    if "null" not in types:
        wrong.append(("null", None))
    if not types & {"integer", "number"}:
        wrong.append(("a number", 1))
    if "boolean" not in types:
        wrong.append(("true", True))
    if "array" not in types:
        wrong.append(("a list", ["x"]))
    if "string" not in types or any("enum" in choice or "pattern" in choice for choice in choices):
        wrong.append(("a control character", "a\x00"))
    wrong += [_beyond(choice) for choice in choices if {"maxLength", "maxItems", "maximum"} & choice.keys()]
    return wrong


def _beyond(schema: dict[str, Any]) -> tuple[str, Any]:
    if "maxLength" in schema:
        return "too long", "x" * (schema["maxLength"] + 1)
    if "maxItems" in schema:
        return "too many", [str(number) for number in range(schema["maxItems"] + 1)]
    return "too large", schema["maximum"] * 2 + 1
