"""Where a request comes from.

A distribution appends its viewer's address to X-Forwarded-For, and API Gateway that of the edge that called it. What
stands before these two is the client's word.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
"""

from chalice.app import Request


def viewer_and_edge(request: Request) -> tuple[str, str]:
    """Return the viewer's network address and that of the edge in front of the API.

    Who calls the API past the distribution can make up a viewer's address, but not an edge's.
    """
    caller = str((request.context.get("identity") or {}).get("sourceIp", ""))
    forwarded = [part.strip() for part in (request.headers.get("x-forwarded-for") or "").split(",")]
    return (forwarded[-2], forwarded[-1]) if len(forwarded) > 1 else (caller, caller)


def wants_page(request: Request) -> bool:
    """Whether a browser asks, and wants a page to show."""
    return "text/html" in (request.headers.get("accept") or "")
