"""An app's functions and event source mappings, as AWS has them."""

import hashlib
import json
from typing import Any

from deploy.apps import App
from deploy.steps.chalice_config import API_FUNCTION
from deploy.target import Target

# The parts of a function's configuration that a deployment sets; the others change by themselves.
_DEPLOYED = ("CodeSha256", "Role", "Handler", "Runtime", "Timeout", "MemorySize")


def deployed_functions(app: App, target: Target) -> dict[str, dict[str, Any]]:
    """The stage's functions by Chalice's name for them (`api_handler`, `delete_account`)."""
    full_name = app.full_name(target.stage)
    functions: dict[str, dict[str, Any]] = {}
    for page in target.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            if name == full_name:
                functions[API_FUNCTION] = function
            elif name.startswith(f"{full_name}-"):
                functions[name[len(full_name) + 1 :]] = function
    return functions


def event_source_mappings(app: App, target: Target) -> dict[str, list[dict[str, Any]]]:
    """The stage's event source mappings by Chalice's name for their function. They outlive a deleted function."""
    prefix = f"{app.full_name(target.stage)}-"
    mappings: dict[str, list[dict[str, Any]]] = {}
    for page in target.client("lambda").get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            name = mapping["FunctionArn"].rpartition(":")[2]
            if name.startswith(prefix):
                mappings.setdefault(name[len(prefix) :], []).append(mapping)
    return mappings


def functions_digest(functions: dict[str, dict[str, Any]]) -> str:
    """One digest of everything that a deployment sets in these functions."""
    facts = {
        name: [*(function.get(key) for key in _DEPLOYED), (function.get("Environment") or {}).get("Variables")]
        for name, function in functions.items()
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
