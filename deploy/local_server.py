"""`chalice local`, with what its server lacks: the public addresses' `/api`, answers without delay, a quiet log.

A program of its own, started by `dev`: `python -P deploy/local_server.py local --stage ... --port ...`.
"""

import logging
import sys
from typing import Any

from chalice.cli import cli
from chalice.local import ChaliceRequestHandler, LocalGateway

_API = "/api"


def main() -> None:
    """Run Chalice's command line on the arguments."""
    _serve_below_api()
    # Nagle's algorithm holds each answer's last bytes back for 40 ms.
    ChaliceRequestHandler.disable_nagle_algorithm = True
    # Chalice prints what every library says; where botocore found its endpoint is no news.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    arguments = sys.argv[1:]
    # Chalice's reloader starts what stands here.
    sys.argv = [sys.executable, "-P", __file__, *arguments]
    cli(args=arguments, obj={})


def _serve_below_api() -> None:
    """Take `/api/todos` for `/todos`, so that the addresses in the answers are the server's own."""
    handle = LocalGateway.handle_request

    def handle_request(
        self: LocalGateway, method: str, path: str, headers: dict[str, Any], body: bytes | None
    ) -> dict[str, Any]:
        inner = path.removeprefix(_API) if path.startswith(f"{_API}/") else path
        return handle(self, method, inner, headers, body)

    LocalGateway.handle_request = handle_request  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
