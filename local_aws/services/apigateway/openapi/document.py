"""Reads an OpenAPI document as a whole: its format, its version, and the settings of the API."""

import json
from typing import Any

from local_aws.services.apigateway.openapi.integration import InvalidDefinition

Json = dict[str, Any]


def parse(body: bytes) -> Json:
    """Parse a document, and check its format and version.

    Raises
    ------
    InvalidDefinition
        The embedded AWS cannot import the document.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidDefinition(f"Invalid OpenAPI input: the embedded AWS supports JSON only: {error}") from error
    if not isinstance(document, dict):
        raise InvalidDefinition("Invalid OpenAPI input.")
    version = str(document.get("swagger") or document.get("openapi") or "")
    if version != "2.0":
        raise InvalidDefinition(f"Unsupported OpenAPI version '{version}': the embedded AWS supports Swagger 2.0 only.")
    if not isinstance(document.get("paths"), dict):
        raise InvalidDefinition("Invalid OpenAPI input: 'paths' is missing or not an object.")
    return document


def api_settings(document: Json) -> Json:
    """The settings of the API that the document contains."""
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
