"""Whether a contract is valid OpenAPI, and its examples are what its own schemas allow."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

Json = dict[str, Any]


def faults(document: Json) -> list[str]:
    """Return what is wrong with a document; examples are looked at once its form is right."""
    form = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in _form_errors(document)]
    return form or [fault for found in examples(document) for fault in _misfits(document, *found)]


def examples(node: Any, where: str = "") -> Iterator[tuple[str, Json, Any]]:
    """Find every example below a node: where it is, its schema, and its value."""
    children: Any = enumerate(node) if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield from ((where, schema, value) for schema, value in _own_examples(node))
        children = ((name, value) for name, value in node.items() if name not in ("example", "examples"))
    for name, child in children:
        yield from examples(child, f"{where}/{name}")


def _own_examples(node: Json) -> Iterator[tuple[Json, Any]]:
    """A schema lists its examples; a media type has one, or several by name, beside its schema."""
    several = node.get("examples")
    if isinstance(several, list):
        yield from ((node, value) for value in several)
    if isinstance(several, dict) and "schema" in node:
        yield from ((node["schema"], example["value"]) for example in several.values())
    if "example" in node and "schema" in node:
        yield node["schema"], node["example"]


def _form_errors(document: Json) -> Iterator[Any]:
    yield from OpenAPIV31SpecValidator(document).iter_errors()


def _misfits(document: Json, where: str, schema: Json, value: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    return [f"{where}: example: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]
