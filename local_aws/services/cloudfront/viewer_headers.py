"""Adds CloudFront-Viewer-Address to viewer requests, and removes what viewers send under CloudFront's names.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
"""

from typing import Any

from ministack.services import cloudfront

from local_aws.services.cloudfront.viewer import Headers
from local_aws.web import peers

_PREFIX = "cloudfront-"
_VIEWER_ADDRESS = "cloudfront-viewer-address"
# The kinds of origin request policies that list CloudFront's headers.
_LISTING = ("whitelist", "allViewerAndWhitelistCloudFront")


def with_cloudfront_headers(headers: Headers, behavior: dict[str, Any], viewer_ip: str) -> Headers:
    """The headers of a viewer request, with those that the origin request policy asks CloudFront to add.

    The value of CloudFront-Viewer-Address is `ip:port`, for IPv6 too without brackets.
    """
    if any(name.startswith(_PREFIX) for name in headers):
        headers = {name: value for name, value in headers.items() if not name.startswith(_PREFIX)}
    if _asks_for_address(behavior["origin_request_policy_id"]):
        headers = headers | {_VIEWER_ADDRESS: f"{viewer_ip}:{peers.port()}"}
    return headers


def _asks_for_address(policy_id: str | None) -> bool:
    policy = cloudfront.origin_request_policy_config(policy_id) if policy_id else None
    if policy is None or policy["HeaderBehavior"] not in _LISTING:
        return False
    return any(name.lower() == _VIEWER_ADDRESS for name in policy["Headers"])
