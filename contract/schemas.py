"""JSON Schemas of msgspec types, and examples made of the examples that the types' fields carry."""

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/{name}"


class NoExample(Exception):
    """A type in the contract has a field for which nothing shows what it looks like."""


class Schemas:
    """The schemas of one document: what it names, and what each type is in terms of these names."""

    def __init__(self, types: Iterable[Any]) -> None:
        listed = list(types)
        schemas, components = msgspec.json.schema_components(listed, ref_template=REFERENCE)
        self.components: dict[str, Schema] = _tidied(components)
        self._schemas = [(kind, _tidied(schema)) for kind, schema in zip(listed, schemas, strict=True)]

    def of(self, kind: Any) -> Schema:
        """Return one type's schema: a reference if it has a name."""
        return next(schema for known, schema in self._schemas if known == kind)

    def example(self, schema: Schema, where: str, *, sent: bool = False) -> Any:
        """Compose an example of what `schema` allows; of what is `sent`, without what is read-only.

        `where` is for the message.

        Raises
        ------
        NoExample
        """
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self.example(self.components[name], name, sent=sent)
        if "examples" in schema:
            return schema["examples"][0]
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0], where)
        match schema.get("type"):
            case "object":
                return {
                    name: self.example(field, f"{where}.{name}", sent=sent)
                    for name, field in schema["properties"].items()
                    if not (sent and field.get("readOnly"))
                }
            case "array":
                return [self.example(schema["items"], where)]
            case "boolean":
                return schema.get("default", False)
        raise NoExample(f"{where} has no example: give it msgspec.Meta(examples=[...])")


def parameters(struct: type[msgspec.Struct]) -> dict[str, Schema]:
    """Return the schema of each field of a struct that is no body: what may be null there is simply left out."""
    (reference,), components = msgspec.json.schema_components([struct], ref_template=REFERENCE)
    return {
        name: _without_null(schema)
        for name, schema in _tidied(components[reference["$ref"].rpartition("/")[2]])["properties"].items()
    }


def _without_null(schema: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if (name, value) != ("default", None)}
    options = [option for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **kept}
    return {**kept, **({"anyOf": options} if options else {})}


def _tidied(schema: Any) -> Any:
    """Take the indentation of docstrings out of descriptions."""
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: inspect.cleandoc(value) if name == "description" and isinstance(value, str) else _tidied(value)
        for name, value in schema.items()
    }
