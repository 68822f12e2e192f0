"""JSON Schemas of msgspec types, and examples composed from the examples of the types' fields."""

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/{name}"


class NoExample(Exception):
    """A type in the contract has a field without an example."""


class Schemas:
    """The schemas of one document: its components, and each type in terms of these components."""

    def __init__(self, types: Iterable[Any]) -> None:
        type_list = list(types)
        schemas, components = msgspec.json.schema_components(type_list, ref_template=REFERENCE)
        self.components: dict[str, Schema] = _tidied(components)
        self._schemas = [(kind, _tidied(schema)) for kind, schema in zip(type_list, schemas, strict=True)]

    def of(self, kind: Any) -> Schema:
        """Return one type's schema: a reference if it is a component."""
        return next(schema for other, schema in self._schemas if other == kind)

    def example(self, schema: Schema, name: str, *, is_request: bool = False) -> Any:
        """Compose an example of `schema`; the example of a request has no read-only fields.

        `name` is the schema's name in the error message.

        Raises
        ------
        NoExample
            A field has no example.
        """
        if "$ref" in schema:
            component = schema["$ref"].rpartition("/")[2]
            return self.example(self.components[component], component, is_request=is_request)
        if "examples" in schema:
            return schema["examples"][0]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0], name, is_request=is_request)
        match schema.get("type"):
            case "object" if "properties" in schema:
                return {
                    field: self.example(field_schema, f"{name}.{field}", is_request=is_request)
                    for field, field_schema in schema["properties"].items()
                    if not (is_request and field_schema.get("readOnly"))
                }
            case "object" if schema.get("additionalProperties"):
                # A dictionary: its keys are data.
                return {"name": self.example(schema["additionalProperties"], f"{name}'s value", is_request=is_request)}
            case "array" if schema.get("items"):
                # An array of several kinds of objects has one of each.
                items = schema["items"]
                kinds = items["anyOf"] if "discriminator" in items else [items]
                return [self.example(kind, name, is_request=is_request) for kind in kinds]
            case "boolean":
                return schema.get("default", False)
        raise NoExample(f"{name} has no example: give it msgspec.Meta(examples=[...])")


def parameters(struct: type[msgspec.Struct]) -> dict[str, Schema]:
    """Return the schema of each field of a struct of parameters: instead of being null, a parameter is left out."""
    (reference,), components = msgspec.json.schema_components([struct], ref_template=REFERENCE)
    return {
        name: _without_null(schema)
        for name, schema in _tidied(components[reference["$ref"].rpartition("/")[2]])["properties"].items()
    }


def _without_null(schema: Schema) -> Schema:
    without_default = {name: value for name, value in schema.items() if (name, value) != ("default", None)}
    options = [option for option in without_default.pop("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **without_default}
    return {**without_default, **({"anyOf": options} if options else {})}


def _tidied(schema: Any) -> Any:
    """Remove the indentation of docstrings from descriptions."""
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: inspect.cleandoc(value) if name == "description" and isinstance(value, str) else _tidied(value)
        for name, value in schema.items()
    }
