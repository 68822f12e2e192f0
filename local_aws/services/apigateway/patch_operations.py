"""Applies the patch operations of API Gateway's Update* calls.

AWS: `path` is a JSON pointer (`~1` is a slash, `~0` a tilde), values are strings that are converted to the field's
type, lists are changed item by item: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
Lacking here: MiniStack splits `binaryMediaTypes/image~1png` without decoding it, stores strings instead of
numbers (an empty `minimumCompressionSize`, which means none, then breaks the parsers of clients), and replaces lists
with objects.
A refused operation changes nothing.
"""

import copy
from collections.abc import Callable
from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.hooks import replaces, wraps

_OPERATIONS = ("add", "replace", "remove")
_MAX_COMPRESSION_SIZE = 10_485_760
_LISTS = ("binaryMediaTypes", "providerARNs", "authorizationScopes", "cacheKeyParameters", "types", "vpcEndpointIds")


class InvalidPatch(Exception):
    """API Gateway refuses a patch operation; the text says why."""


@wraps("ministack.services.apigateway_v1:handle_request")
async def _with_patch_errors(
    handle_request: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Any:
    """Answer 400 to an invalid patch operation."""
    try:
        return await handle_request(method, path, headers, body, query_params)
    except InvalidPatch as error:
        return upstream._v1_error("BadRequestException", str(error), 400)


@replaces("ministack.services.apigateway_v1:_apply_patch")
def apply_patch(target: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply all operations to `target` in place, or none.

    Raises
    ------
    InvalidPatch
        API Gateway does not accept an operation, a path or a value.
    """
    changed = copy.deepcopy(target)
    for operation in operations:
        _apply_one(changed, operation)
    target.clear()
    target.update(changed)
    return target


def _apply_one(target: dict[str, Any], operation: dict[str, Any]) -> None:
    op, path = operation.get("op", "replace"), operation.get("path") or ""
    if op not in _OPERATIONS:
        raise InvalidPatch(f"Invalid patch operation '{op}': it must be one of {', '.join(_OPERATIONS)}.")
    keys = [key.replace("~1", "/").replace("~0", "~") for key in path.removeprefix("/").split("/")]
    if not keys[0]:
        raise InvalidPatch(f"Invalid patch path '{path}'.")
    for index, key in enumerate(keys):
        if key in _LISTS:
            target[key] = _changed_list(target.get(key) or [], op, keys[index + 1 :], operation.get("value"))
            return
        if index + 1 < len(keys):
            target = _member(target, key)
    if op == "remove":
        target.pop(keys[-1], None)
    else:
        target[keys[-1]] = _convert(keys, operation.get("value"))


def _member(target: dict[str, Any], key: str) -> dict[str, Any]:
    if not isinstance(target.get(key), dict):
        target[key] = {}
    member: dict[str, Any] = target[key]
    return member


def _changed_list(items: list[str], op: str, rest: list[str], value: str | None) -> list[str]:
    item_name = "/".join(rest) if rest else value
    if item_name is None:
        raise InvalidPatch("Invalid patch operation: a list is changed item by item.")
    if op == "remove":
        return [item for item in items if item != item_name]
    if op == "replace":
        remaining = [item for item in items if item != item_name] if rest else []
        return [*remaining, value if value is not None else item_name]
    return items if item_name in items else [*items, item_name]


def _convert(keys: list[str], value: Any) -> Any:
    convert = _TYPES.get(keys[-1])
    if keys[0] == "requestParameters" and keys[-1].startswith("method.request."):
        convert = _boolean
    if convert is None or not isinstance(value, str):
        return value
    try:
        return convert(value)
    except ValueError as error:
        raise InvalidPatch(f"Invalid value '{value}' for {keys[-1]}: {error}") from error


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError("it must be true or false")
    return value.lower() == "true"


def _compression_size(value: str) -> int | None:
    """An empty value turns compression off."""
    if not value:
        return None
    if not 0 <= int(value) <= _MAX_COMPRESSION_SIZE:
        raise ValueError(f"it must be between 0 and {_MAX_COMPRESSION_SIZE}")
    return int(value)


_TYPES: dict[str, Callable[[str], Any]] = {
    "minimumCompressionSize": _compression_size,
    "timeoutInMillis": int,
    "authorizerResultTtlInSeconds": int,
    "burstLimit": int,
    "limit": int,
    "offset": int,
    "rateLimit": float,
    "percentTraffic": float,
    "apiKeyRequired": _boolean,
    "cacheClusterEnabled": _boolean,
    "disableExecuteApiEndpoint": _boolean,
    "enabled": _boolean,
    "tracingEnabled": _boolean,
    "useStageCache": _boolean,
}
