"""Replaces MiniStack's data plane of REST APIs with `request_pipeline`.

AWS: the data plane has limits (29 s, 10 MB, 6 MB to and from Lambda, 10,240 bytes of request line and headers),
compression both ways, paths that keep their escapes, the documented proxy event, errors without internal details,
access logs
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
Lacking here: all of these. MiniStack also decodes paths before it routes, takes the caller's address from
X-Forwarded-For, passes the first value of a query parameter where AWS passes the last, and shows a function's error.
The checks, authorizers, templates and gateway responses are MiniStack's.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ministack import app
from ministack.core.responses import get_request_client_ip, request_scope
from ministack.services import apigateway_v1 as upstream

from local_aws.hooks import replaces, wraps
from local_aws.services.apigateway.deployments import deployed_api
from local_aws.services.apigateway.request import Response, StageRequest
from local_aws.services.apigateway.request_pipeline import execute

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]", "")


@wraps("ministack.app:_handle_execute_api_request")
async def _serve_rest_apis(
    handle_request: Callable[..., Any],
    host: str,
    path: str,
    method: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, list[str]],
    raw_path: str | None = None,
    raw_query_string: str | None = None,
) -> Any:
    """Serve REST APIs; MiniStack serves HTTP APIs and WebSocket connections."""
    parsed_url = app._parse_execute_api_url(host, raw_path or quote(path))
    if parsed_url is None or upstream.find_api_scope(parsed_url[0]) is None:
        return await handle_request(host, path, method, headers, body, query_params, raw_path, raw_query_string)
    api_id, stage_name, rest = parsed_url
    if _authorization_type(api_id, stage_name, method, rest) == "AWS_IAM":
        denied = app._enforce_execute_api(api_id, stage_name, method, rest, headers, query_params)
        if denied:
            return denied
    return await _serve(api_id, stage_name, method, rest, headers, body, query_params)


@replaces("ministack.services.apigateway_v1:handle_execute")
async def _serve_decoded_path(
    api_id: str, stage_name: str, method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Response:
    """Serve a custom domain or another caller that has no raw path."""
    return await _serve(api_id, stage_name, method, quote(path, safe="/%"), headers, body, query_params)


@replaces("ministack.services.apigateway_v1:method_authorization_type")
def _authorization_type(api_id: str, stage_name: str, method: str, path: str) -> str | None:
    """The authorization type of the method that a stage serves; None if it serves none."""
    scope = upstream.find_api_scope(api_id)
    if scope is None:
        return None
    with request_scope(*scope):
        stage = upstream._stages_v1.get(api_id, {}).get(stage_name)
        deployed = deployed_api(api_id, stage) if stage else None
    route = deployed.router.match(path, method) if deployed else None
    return (route.method.get("authorizationType") or "NONE").upper() if route else None


async def _serve(
    api_id: str,
    stage_name: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, list[str]],
) -> Response:
    account, region = upstream.find_api_scope(api_id)
    host = headers.get("host", "").partition(":")[0]
    request = StageRequest(
        api_id=api_id,
        stage_name=stage_name,
        http_method=method,
        path=path,
        headers=dict(headers),
        body=body or b"",
        query=query or {},
        account=account,
        region=region,
        source_ip=get_request_client_ip(),
        host=f"{api_id}.execute-api.{region}.amazonaws.com" if host in _LOCAL_NAMES else host,
    )
    with request_scope(account, region):
        request.stage = upstream._stages_v1.get(api_id, {}).get(stage_name) or {}
        return await execute(request, deployed_api(api_id, request.stage))
