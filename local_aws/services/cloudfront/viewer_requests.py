"""Replaces MiniStack's answer to viewer requests with the edge: cache, compression, failover, error pages.

AWS: a cache policy defines the cache key (`cache_key`); Cache-Control, Expires and the policy's TTLs define how long an
object is fresh, and the error's minimum TTL how long an error is cached; an expired object is revalidated, served stale
meanwhile where the origin allows it, and served in place of an origin's error; simultaneous requests are collapsed;
objects are compressed in the formats that a cache policy enables; an origin group fails over to its second origin; a
status may have a custom error page. A path is normalised before it chooses a cache behavior, and what a viewer function
returns is validated.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
Lacking here: MiniStack sends every request to the origin, parses the configuration for each request, has no origin
groups, does not change headers as the edge does (Age, Vary, Set-Cookie), and accepts whatever a function returns.
A rule of the fault API for a region makes the origins in it unreachable.
"""

from collections.abc import Callable
from typing import Any

from local_aws.faults.injection import faults
from local_aws.hooks import put, wraps
from local_aws.services.cloudfront.configuration import read_behavior
from local_aws.services.cloudfront.edge import Edge

edge = Edge(faults.is_unreachable)


put("ministack.services.cloudfront:handle_viewer_request", edge.serve, __name__)


@wraps("ministack.services.cloudfront:_dataplane_behavior")
def _complete_behavior(
    read: Callable[..., dict[str, Any]], behavior_el: Any, path_pattern: str | None = None
) -> dict[str, Any]:
    return read_behavior(behavior_el, read(behavior_el, path_pattern))


@wraps("ministack.services.cloudfront:reset")
def _reset(reset: Callable[[], None]) -> None:
    edge.forget()
    reset()


@wraps("ministack.services.cloudfront:_delete_distribution")
def _delete_distribution(delete: Callable[[str, dict[str, str]], Any], dist_id: str, headers: dict[str, str]) -> Any:
    edge.forget(dist_id)
    return delete(dist_id, headers)
