"""Reads the JSON schemas of an OpenAPI document as API Gateway's models.

https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""

import json
from collections.abc import Collection
from typing import Any

from local_aws.services.apigateway.openapi.integration import InvalidDefinition

Json = dict[str, Any]


def models(document: Json) -> dict[str, Json]:
    """The document's named schemas by model name.

    Raises
    ------
    InvalidDefinition
        A schema refers to another one, which is not supported.
    """
    named: dict[str, Json] = document.get("definitions") or {}
    for name, schema in named.items():
        if '"$ref"' in json.dumps(schema):
            raise InvalidDefinition(f"Schema '{name}' refers to another: the embedded AWS does not support this.")
    return dict(named)


def model_name(model_names: Collection[str], schema: Json) -> str:
    """The model that a schema refers to.

    Raises
    ------
    InvalidDefinition
        There is no such model, or the schema is inline, which is not supported.
    """
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        raise InvalidDefinition("The embedded AWS does not support inline schemas: refer to one of 'definitions'.")
    name = reference.rpartition("/")[2]
    if name not in model_names:
        raise InvalidDefinition(f"Invalid model reference '{reference}': no such schema is defined.")
    return name


def without_reference(node: Json) -> Json:
    """Return a parameter or response that is written in place.

    Raises
    ------
    InvalidDefinition
        The node is a reference, which is not supported.
    """
    if "$ref" in node:
        raise InvalidDefinition(f"The embedded AWS does not support references to '{node['$ref']}'.")
    return node
