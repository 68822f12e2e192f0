"""An OpenAPI document as a whole: its format, its version, and what it says of the API itself."""

import json
import re
from typing import Any

import yaml

from local_aws.services.apigateway.integration import BadDefinition

Json = dict[str, Any]


def parsed(body: bytes) -> Json:
    """The document, if it is one that API Gateway imports.

    Raises
    ------
    BadDefinition
        It is not.
    """
    document = _loaded(body)
    if not isinstance(document, dict):
        raise BadDefinition("Invalid OpenAPI input.")
    version = str(document.get("swagger") or document.get("openapi") or "")
    if version != "2.0" and not version.startswith("3.0"):
        raise BadDefinition(f"Unsupported OpenAPI version '{version}': it must be Swagger 2.0 or OpenAPI 3.0.")
    if not isinstance(document.get("paths"), dict):
        raise BadDefinition("Invalid OpenAPI input: 'paths' is missing or not an object.")
    return document


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        pass
    try:
        return yaml.safe_load(body)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadDefinition(f"Invalid OpenAPI input: neither JSON nor YAML: {error}") from error


def api_settings(document: Json) -> Json:
    """The API's own settings, those that the document gives."""
    info = document.get("info") or {}
    endpoint = document.get("x-amazon-apigateway-endpoint-configuration") or {}
    settings = {
        "name": info.get("title"),
        "description": info.get("description"),
        "version": _text(info.get("version")),
        "binaryMediaTypes": document.get("x-amazon-apigateway-binary-media-types"),
        "minimumCompressionSize": document.get("x-amazon-apigateway-minimum-compression-size"),
        "apiKeySource": document.get("x-amazon-apigateway-api-key-source"),
        "policy": _policy(document.get("x-amazon-apigateway-policy")),
        "disableExecuteApiEndpoint": endpoint.get("disableExecuteApiEndpoint"),
    }
    return {name: value for name, value in settings.items() if value is not None}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _policy(policy: object) -> str | None:
    return policy if policy is None or isinstance(policy, str) else json.dumps(policy)


def path_prefix(document: Json, base_path: str) -> str:
    """What the request's `basepath` parameter puts before every path: `ignore`, `prepend` or `split`."""
    servers = document.get("servers") or [{}]
    path = document.get("basePath") or re.sub(r"^https?://[^/]*", "", servers[0].get("url") or "")
    parts = [part for part in path.split("/") if part]
    kept = {"ignore": [], "prepend": parts, "split": parts[1:]}.get(base_path)
    if kept is None:
        raise BadDefinition(f"Invalid basepath '{base_path}': it must be ignore, prepend or split.")
    return "".join(f"/{part}" for part in kept)
