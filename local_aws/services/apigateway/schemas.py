"""JSON schemas of an OpenAPI document, as API Gateway's models.

https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""

import hashlib
import json
from typing import Any

from local_aws.services.apigateway.integration import BadDefinition

Json = dict[str, Any]


def models(document: Json) -> dict[str, Json]:
    """The document's named schemas by model name; each can be read without the others."""
    named: Json = document.get("definitions") or (document.get("components") or {}).get("schemas") or {}
    return {name: _standalone(named, schema) for name, schema in named.items()}


def model_name(document: Json, known: dict[str, Json], schema: Json) -> str:
    """The model that a schema refers to; an inline schema becomes a model named by its content."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        if name not in known:
            raise BadDefinition(f"Invalid model reference '{reference}': no such schema is defined.")
        return name
    named: Json = document.get("definitions") or (document.get("components") or {}).get("schemas") or {}
    name = "MODEL" + hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:6]
    known[name] = _standalone(named, schema)
    return name


def resolved(document: Json, node: Json) -> Json:
    """What a node's local `$ref` points to, or the node itself."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise BadDefinition(f"Invalid reference '{reference}': nothing is there.")
    return found


def _standalone(named: Json, schema: Json) -> Json:
    """The schema with what it refers to beside it, under `definitions`."""
    needed: Json = {}
    rewritten = _rewritten(named, schema, needed)
    return {**rewritten, "definitions": needed} if needed else rewritten


def _rewritten(named: Json, node: Any, needed: Json) -> Any:
    if isinstance(node, list):
        return [_rewritten(named, each, needed) for each in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _rewritten(named, value, needed) for key, value in node.items()}
    reference = node.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        if name not in named:
            raise BadDefinition(f"Invalid model reference '{reference}': no such schema is defined.")
        copy["$ref"] = f"#/definitions/{name}"
        if name not in needed:
            needed[name] = {}
            needed[name] = _rewritten(named, named[name], needed)
    return copy
