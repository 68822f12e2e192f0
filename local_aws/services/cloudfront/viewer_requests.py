"""CloudFront's edge: a cache with its documented behaviour, compression, failover, error pages.

AWS: what a cache policy counts is the cache key; Cache-Control, Expires and the policy's TTLs say how long an object is
fresh, and the error's minimum TTL how long an error is kept; an expired object is revalidated, served stale while that
goes on where the origin allows it, and served in place of an origin's error; simultaneous requests are collapsed; what
a cache policy enables is compressed; an origin group goes on to its second origin; a status may have a page of its own.
A path is normalised before it chooses a cache behavior, and what a viewer function returns is validated.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
Lacking here: MiniStack asks the origin each time, parses the configuration each time, knows no origin group, leaves
out what the edge does to headers (Age, Vary, Set-Cookie), and takes whatever a function returns.
Hooked at: `cloudfront.handle_viewer_request`, which is replaced; `_dataplane_behavior`, which is completed; `reset` and
`_delete_distribution`, after which nothing is cached. A rule of the fault API for a region takes its origins away.
"""

from typing import Any

from ministack.services import cloudfront

from local_aws.faults.injection import faults
from local_aws.hooks import Hook
from local_aws.services.cloudfront.configuration import read_behavior
from local_aws.services.cloudfront.edge import Edge
from local_aws.settings import Settings

_CLOUDFRONT = "ministack.services.cloudfront"
_SHAPES = {
    "CloudFrontFunctionError": "type:type",
    "OriginTimeout": "type:type",
    "OriginUnreachable": "type:type",
    "_MANAGED_CACHE_POLICIES": "type:dict",
    "_add_cloudfront_headers": "headers,x_cache,request_id,edge_server",
    "_apply_default_root_object": "default_root_object,request_uri",
    "_apply_response_headers_policy": "headers,policy_cfg,viewer_origin,method",
    "_body_from_response_event": "response,fallback",
    "_build_function_event": "event_type,dist_id,dist_domain,request_id,method,uri,query_params,headers,client_ip",
    "_cache_policies": "type:AccountScopedDict",
    "_cf_error_response": "status,explanation,x_cache",
    "_check_allowed_methods": "behavior,method",
    "_check_stacked_distribution": "headers",
    "_check_viewer_protocol_policy": "behavior,method,viewer_is_https,request_uri,query_string,headers",
    "_dataplane_behavior": "behavior_el,path_pattern",
    "_delete_distribution": "dist_id,headers",
    "_dist_config_el": "dist",
    "_event_cookies_from_header": "cookie_header",
    "_fetch_from_origin": "origin,method,uri,query_string,headers,body,viewer_is_https,client_ip,viewer_xff,dist_arn",
    "_find": "el,tag",
    "_forwarding_predicates": "behavior",
    "_match_behavior": "parsed,path",
    "_merge_function_headers": "original_headers_obj,returned_headers_obj",
    "_render_headers": "headers,title_case",
    "_response_event_fields": "status,reason,headers",
    "_run_function": "function_arn,event",
    "_set_cookie_values_from_event": "cookies",
    "_strip_hop_by_hop_response_headers": "headers",
    "_text": "el,tag,default",
    "_xbool": "el,tag,default",
    "cache_policy_params": "policy_id",
    "handle_viewer_request": "dist,method,path,raw_uri,raw_query_string,headers,body,query_params,client_ip",
    "origin_request_policy_config": "policy_id",
    "parse_distribution_dataplane_config": "dist",
    "reset": "",
    "response_headers_policy_config": "policy_id",
}
HOOKS = (
    *(Hook(f"{_CLOUDFRONT}:{name}", shape) for name, shape in _SHAPES.items()),
    Hook("ministack.core.responses:new_uuid", ""),
)

edge = Edge(faults.cut_off)


def install(settings: Settings) -> None:
    """Serve viewers from the edge."""
    read, reset, delete = cloudfront._dataplane_behavior, cloudfront.reset, cloudfront._delete_distribution

    def _dataplane_behavior(behavior_el: Any, path_pattern: str | None = None) -> dict[str, Any]:
        return read_behavior(behavior_el, read(behavior_el, path_pattern))

    def _reset() -> None:
        edge.forget()
        reset()

    def _delete_distribution(dist_id: str, headers: dict[str, str]) -> Any:
        edge.forget(dist_id)
        return delete(dist_id, headers)

    cloudfront._dataplane_behavior = _dataplane_behavior
    cloudfront.handle_viewer_request = edge.serve
    cloudfront.reset = _reset
    cloudfront._delete_distribution = _delete_distribution
