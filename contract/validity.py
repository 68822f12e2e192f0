"""Whether a contract is valid OpenAPI, and its examples are valid for its own schemas."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

Json = dict[str, Any]


def faults(document: Json) -> list[str]:
    """Return what is wrong with a document; its examples are checked only if it is valid OpenAPI."""
    form = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in _form_errors(document)]
    return form or [fault for example in examples(document) for fault in _example_faults(document, *example)]


def examples(node: Any, path: str = "") -> Iterator[tuple[str, Json, Any]]:
    """Find every example below a node: its path, its schema, and its value."""
    children: Any = enumerate(node) if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield from ((path, schema, value) for schema, value in _own_examples(node))
        children = ((name, value) for name, value in node.items() if name not in ("example", "examples"))
    for name, child in children:
        yield from examples(child, f"{path}/{name}")


def _own_examples(node: Json) -> Iterator[tuple[Json, Any]]:
    """The examples of a schema, or of a media type: one, or several by name."""
    several = node.get("examples")
    if isinstance(several, list):
        yield from ((node, value) for value in several)
    if isinstance(several, dict) and "schema" in node:
        yield from ((node["schema"], example["value"]) for example in several.values())
    if "example" in node and "schema" in node:
        yield node["schema"], node["example"]


def _form_errors(document: Json) -> Iterator[Any]:
    yield from OpenAPIV31SpecValidator(document).iter_errors()


def _example_faults(document: Json, path: str, schema: Json, value: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    return [f"{path}: example: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]
