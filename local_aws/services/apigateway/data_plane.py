"""The data plane of REST APIs.

AWS: limits (29 s, 10 MB, 6 MB to and from Lambda, 10,240 bytes of request line and headers), compression both ways,
paths with their escapes kept, the documented proxy event, errors that say nothing of the inside, access logs
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
Lacking here: all of these; MiniStack also decodes paths before it routes, believes X-Forwarded-For about the caller's
address, gives the first of a query parameter's values where AWS gives the last, and shows a function's error.
Hooked at: `app._handle_execute_api_request` (raw path), `apigateway_v1.handle_execute` (custom domains and what
else calls it), `method_authorization_type`. Its checks, authorizers, templates and gateway responses are upstream's.
"""

from typing import Any
from urllib.parse import quote

from ministack import app
from ministack.core.responses import get_request_client_ip, request_scope
from ministack.services import apigateway_v1 as upstream

from local_aws.hooks import Hook
from local_aws.services.apigateway.deployments import deployed_on
from local_aws.services.apigateway.execution import execute
from local_aws.services.apigateway.request import Call, Response
from local_aws.settings import Settings

_MODULE = "ministack.services.apigateway_v1"
_API = "host,path,method,headers,body,query_params,raw_path,raw_query_string"
_AUTHORIZE = (
    "api_id,stage_name,method_obj,method,request_path,resource,headers,body,query_params,path_params,stage,"
    "owner_account_id,owner_region"
)
_INTEGRATION = (
    "integration,api_id,stage_name,stage,resource,request_path,method,headers,body,query_params,path_params,"
    "owner_account_id,owner_region,binary_media_types,authorizer_context,caller_identity"
)
HOOKS = (
    Hook("ministack.app:_handle_execute_api_request", _API),
    Hook("ministack.app:_parse_execute_api_url", "host,path"),
    Hook("ministack.app:_enforce_execute_api", "api_id,stage,method,execute_path,headers,query_params,iam_action"),
    Hook(f"{_MODULE}:handle_execute", "api_id,stage_name,method,path,headers,body,query_params"),
    Hook(f"{_MODULE}:method_authorization_type", "api_id,stage_name,method,path"),
    Hook(f"{_MODULE}:find_api_scope", "api_id"),
    Hook(f"{_MODULE}:_authorize_request_v1", _AUTHORIZE),
    Hook(f"{_MODULE}:_check_api_key", "method_obj,api_id,stage_name,headers"),
    Hook(f"{_MODULE}:_resolve_api_key", "value"),
    Hook(f"{_MODULE}:_check_throttle", "stage,api_id,stage_name,resource_path,http_method,key"),
    Hook(f"{_MODULE}:_check_quota", "key,api_id,stage_name"),
    Hook(f"{_MODULE}:_check_request_validation", "method_obj,api_id,request,headers,body,query_params"),
    Hook(f"{_MODULE}:_check_passthrough_behavior", "integration,headers"),
    Hook(f"{_MODULE}:_iam_caller_identity", "headers,query_params"),
    Hook(f"{_MODULE}:_render_request_template_v1", "template,body_str,params_map,context"),
    Hook(f"{_MODULE}:_call_lambda_raw", "function_ref,event,account_id,region"),
    Hook(f"{_MODULE}:_extract_lambda_ref_from_integration_uri", "uri"),
    Hook(f"{_MODULE}:_parse_service_integration_uri", "uri"),
    Hook(f"{_MODULE}:_gateway_error_response", "error,request"),
    Hook(f"{_MODULE}:_GatewayError", "response_type,message,error_type"),
    Hook(f"{_MODULE}:_stages_v1", "type:AccountRegionScopedDict"),
    Hook(f"{_MODULE}:_deployed_gateway_responses", "type:AccountRegionScopedDict"),
    Hook("ministack.services.cloudwatch_logs:_create_log_stream", "data"),
    Hook("ministack.services.cloudwatch_logs:_put_log_events", "data"),
    Hook("ministack.core.responses:request_scope", "account_id,region"),
    Hook("ministack.core.responses:get_request_client_ip", ""),
    Hook(f"{_MODULE}:_invoke_http_proxy_v1", "integration,path,method,headers,body,query_params,path_params"),
    Hook(f"{_MODULE}:_invoke_lambda_custom_v1", _INTEGRATION),
    Hook(f"{_MODULE}:_invoke_sqs_v1", _INTEGRATION),
)
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]", "")


def install(settings: Settings) -> None:
    """Serve REST APIs by our own data plane; HTTP APIs and WebSocket connections stay upstream's."""
    original = app._handle_execute_api_request

    async def _handle_execute_api_request(
        host: str,
        path: str,
        method: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, list[str]],
        raw_path: str | None = None,
        raw_query_string: str | None = None,
    ) -> Any:
        parsed = app._parse_execute_api_url(host, raw_path or quote(path))
        if parsed is None or upstream.find_api_scope(parsed[0]) is None:
            return await original(host, path, method, headers, body, query_params, raw_path, raw_query_string)
        api_id, stage_name, rest = parsed
        if _authorization_type(api_id, stage_name, method, rest) == "AWS_IAM":
            denied = app._enforce_execute_api(api_id, stage_name, method, rest, headers, query_params)
            if denied:
                return denied
        return await _serve(api_id, stage_name, method, rest, headers, body, query_params)

    async def handle_execute(
        api_id: str, stage_name: str, method: str, path: str, headers: Any, body: bytes, query_params: Any
    ) -> Response:
        return await _serve(api_id, stage_name, method, quote(path, safe="/%"), headers, body, query_params)

    app._handle_execute_api_request = _handle_execute_api_request
    upstream.handle_execute = handle_execute
    upstream.method_authorization_type = _authorization_type


def _authorization_type(api_id: str, stage_name: str, method: str, path: str) -> str | None:
    """The authorization of the method that a stage serves, or None."""
    scope = upstream.find_api_scope(api_id)
    if scope is None:
        return None
    with request_scope(*scope):
        stage = upstream._stages_v1.get(api_id, {}).get(stage_name)
        deployed = deployed_on(api_id, stage) if stage else None
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
    call = Call(
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
        call.stage = upstream._stages_v1.get(api_id, {}).get(stage_name) or {}
        return await execute(call, deployed_on(api_id, call.stage))
