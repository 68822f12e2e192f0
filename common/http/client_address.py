"""Where a request comes from.

A distribution appends its viewer's address to X-Forwarded-For, and API Gateway that of the edge that called it. What
stands before these two is the client's word.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
"""

from ipaddress import IPv4Address, IPv6Network, ip_address

from chalice.app import Request

# What one subscriber of an internet provider has at least: https://www.rfc-editor.org/rfc/rfc6177
IPV6_PREFIX = 64


def viewer_and_edge_ip(request: Request) -> tuple[str, str]:
    """Return the viewer's network address and that of the edge in front of the API; of IPv6 the /64 that it is in.

    Who calls the API past the distribution can make up a viewer's address, but not an edge's. What is no address
    counts for the edge that has said so.
    """
    caller = str((request.context.get("identity") or {}).get("sourceIp", ""))
    forwarded = (request.headers.get("x-forwarded-for") or "").split(",")
    edge = _counted(forwarded[-1] if len(forwarded) > 1 else caller) or caller
    return (_counted(forwarded[-2]) if len(forwarded) > 1 else "") or edge, edge


def accepts_html(request: Request) -> bool:
    """Whether a browser asks, and wants a page to show."""
    return "text/html" in (request.headers.get("accept") or "")


def _counted(text: str) -> str:
    """What an address is counted by; empty if it is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    # Without its zone (RFC 4007), which would be of any length.
    network = IPv6Network((int(address), IPV6_PREFIX), strict=False)
    return str(address.ipv4_mapped or network)
