"""The response cache of stages.

AWS: a stage with a cache cluster keeps the responses of the methods for which caching is enabled, for the method's
time to live. The cache key is the method and the values of the integration's `cacheKeyParameters`; authorization and
throttling come first, so that a response from the cache is for a caller who may have it. `Cache-Control: max-age=0`
replaces an entry, if the caller may do that (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html).
A response of the integration is kept whatever its status is, if it has at most 1 MB: AWS names no status that is left
out, and has no setting for it.
Lacking here: MiniStack stores the settings and caches nothing.

The cache is empty after a restart. A deployment does not empty it; a change of the cluster does.
"""

import copy
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack import app
from ministack.services import apigateway_v1 as upstream

from local_aws.hooks import wraps
from local_aws.services.apigateway.gateway_errors import GatewayError
from local_aws.services.apigateway.request import Json, Response, StageRequest

MAX_RESPONSE_BYTES = 1_048_576
# A cluster has 0.5 GB or more; a machine that runs everything has less to give.
MAX_CACHE_BYTES = 32 * 1024 * 1024
# What an entry takes besides its body and its key.
_ENTRY_BYTES = 1024
_DEFAULT_TTL_SECONDS = 300
_IGNORED = '199 "Cache-control headers were ignored because the caller was unauthorized."'
Key = tuple[str, ...]


@dataclass(slots=True)
class StageCache:
    """The responses of one stage; the least recently used ones leave when the size is exceeded."""

    size: int = 0
    entries: OrderedDict[Key, tuple[float, Response, int]] = field(default_factory=OrderedDict)

    def get(self, key: Key, now: float) -> Response | None:
        """Return the response for a key, unless its time is over."""
        entry = self.entries.get(key)
        if entry is None or entry[0] <= now:
            self.delete(key)
            return None
        self.entries.move_to_end(key)
        return copy.deepcopy(entry[1])

    def put(self, key: Key, response: Response, expires_at: float) -> None:
        """Keep a response, unless it is too large."""
        self.delete(key)
        size = len(response[2]) + sum(map(len, key)) + _ENTRY_BYTES
        if len(response[2]) > MAX_RESPONSE_BYTES:
            return
        self.entries[key] = (expires_at, copy.deepcopy(response), size)
        self.size += size
        while self.size > MAX_CACHE_BYTES:
            self.delete(next(iter(self.entries)))

    def delete(self, key: Key) -> None:
        """Forget the response for a key, if there is one."""
        entry = self.entries.pop(key, None)
        self.size -= entry[2] if entry else 0


_caches: dict[tuple[str, str], StageCache] = {}


@dataclass(slots=True, frozen=True)
class CachedCall:
    """A request whose response may be cached."""

    cache: StageCache
    key: Key
    ttl_seconds: int
    headers: Json

    def response(self) -> Response | None:
        """Return the cached response, if there is one."""
        found = self.cache.get(self.key, time.monotonic())
        return None if found is None else self.with_warning(found)

    def keep(self, response: Response) -> Response:
        """Keep the integration's response, and return it."""
        self.cache.put(self.key, response, time.monotonic() + self.ttl_seconds)
        return self.with_warning(response)

    def with_warning(self, response: Response) -> Response:
        """Add the header for a caller whose Cache-Control was ignored."""
        status, headers, body = response
        return status, {**headers, **self.headers}, body


def cached_call(request: StageRequest, integration: Json) -> CachedCall | None:
    """Return the cache entry that a request has; None if its method is not cached.

    A request that replaces its entry has an empty one.

    Raises
    ------
    GatewayError
        403: the caller may not replace entries, and the method's settings refuse the attempt.
    """
    settings = _settings(request)
    ttl_seconds = int(settings.get("cacheTtlInSeconds", _DEFAULT_TTL_SECONDS))
    if not request.stage.get("cacheClusterEnabled") or not settings.get("cachingEnabled") or not ttl_seconds:
        return None
    cache = _caches.setdefault((request.api_id, request.stage_name), StageCache())
    parameters = sorted(integration.get("cacheKeyParameters") or [])
    key = (request.resource["id"], request.http_method, *(_value(name, request) for name in parameters))
    headers: Json = {}
    if request.headers.get("cache-control", "").replace(" ", "") == "max-age=0":
        if _may_invalidate(request, settings):
            cache.delete(key)
        else:
            headers = _refusal(settings)
    return CachedCall(cache, key, ttl_seconds, headers)


def _settings(request: StageRequest) -> Json:
    """The settings of the request's method: its own, or else those of all methods, which cache GET only."""
    by_method = {
        name.replace("~1", "/").strip("/"): settings
        for name, settings in (request.stage.get("methodSettings") or {}).items()
    }
    own: Json | None = by_method.get(f"{request.resource['path']}/{request.http_method}".strip("/"))
    return own if own is not None else by_method.get("*/*", {}) if request.http_method == "GET" else {}


def _value(parameter: str, request: StageRequest) -> str:
    """The value of a `method.request.{header|querystring|path}.{name}`; a text that no value equals if it is absent."""
    _, _, place, name = parameter.split(".", 3)
    if place == "header":
        return _present(request.headers.get(name.lower()))
    if place == "path":
        return _present(request.path_parameters.get(name))
    values: list[str | None] = [*request.query.get(name, [])] or [None]
    return "\0".join(map(_present, values)) if place == "multivaluequerystring" else _present(values[-1])


def _present(value: str | None) -> str:
    return "" if value is None else f"={value}"


def _may_invalidate(request: StageRequest, settings: Json) -> bool:
    """Whether the caller has execute-api:InvalidateCache, which only callers with AWS credentials can have."""
    if not settings.get("requireAuthorizationForCacheControl", True):
        return True
    if request.caller is None:
        return False
    denied = app._enforce_execute_api(
        request.api_id,
        request.stage_name,
        request.http_method,
        request.path,
        request.headers,
        request.query,
        iam_action="execute-api:InvalidateCache",
    )
    return denied is None


def _refusal(settings: Json) -> Json:
    strategy = settings.get("unauthorizedCacheControlHeaderStrategy", "SUCCEED_WITH_RESPONSE_HEADER")
    if strategy == "FAIL_WITH_403":
        raise GatewayError("ACCESS_DENIED", "User is not authorized to invalidate the cache", 403)
    return {"Warning": _IGNORED} if strategy == "SUCCEED_WITH_RESPONSE_HEADER" else {}


def flush(api_id: str, stage_name: str) -> None:
    """Empty a stage's cache."""
    _caches.pop((api_id, stage_name), None)


def flush_all(api_id: str | None = None) -> None:
    """Empty the caches of all stages, or of one API's."""
    for of_api, stage_name in list(_caches):
        if api_id in (None, of_api):
            flush(of_api, stage_name)


@wraps("ministack.services.apigateway_v1:_delete_stage")
def _delete_stage(delete: Callable[..., Any], api_id: str, stage_name: str) -> Any:
    flush(api_id, stage_name)
    return delete(api_id, stage_name)


@wraps("ministack.services.apigateway_v1:handle_request")
async def _flush_stage_cache(
    handle_request: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Any:
    """Serve FlushStageCache: DELETE /restapis/{id}/stages/{name}/cache/data."""
    match path.strip("/").split("/"):
        case ["restapis", api_id, "stages", stage_name, "cache", "data"] if method == "DELETE":
            if stage_name not in upstream._stages_v1.get(api_id, {}):
                return upstream._v1_error("NotFoundException", "Invalid stage identifier specified", 404)
            flush(api_id, stage_name)
            return 202, {}, b""
    return await handle_request(method, path, headers, body, query_params)
