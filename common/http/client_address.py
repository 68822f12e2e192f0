"""The client's address, and whether the client is a browser.

CloudFront appends the viewer's address to X-Forwarded-For, and API Gateway appends the address of the CloudFront edge.
A client can write anything before these two.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
"""

from ipaddress import IPv4Address, IPv6Network, ip_address

from chalice.app import Request

# A customer of an internet provider has at least one /64: https://www.rfc-editor.org/rfc/rfc6177
IPV6_PREFIX = 64


def viewer_and_edge_ip(request: Request) -> tuple[str, str]:
    """Return the viewer's address and that of the edge in front of the API; for IPv6 the /64 network.

    A client that bypasses the distribution can make up the viewer's address, but not the edge's. A value that is not an
    IP address counts against the edge that sent it.
    """
    caller = str((request.context.get("identity") or {}).get("sourceIp", ""))
    forwarded = (request.headers.get("x-forwarded-for") or "").split(",")
    edge = _counted(forwarded[-1] if len(forwarded) > 1 else caller) or caller
    return (_counted(forwarded[-2]) if len(forwarded) > 1 else "") or edge, edge


def accepts_html(request: Request) -> bool:
    """Whether the client is a browser that asks for a page."""
    return "text/html" in (request.headers.get("accept") or "")


def _counted(text: str) -> str:
    """Return the address or network by which requests are counted; empty if the text is not an address."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    # Without the zone (RFC 4007), which can have any length.
    network = IPv6Network((int(address), IPV6_PREFIX), strict=False)
    return str(address.ipv4_mapped or network)
