"""`chalice local`, with what its server lacks: the public addresses' `/api`, tokens verified, a readable log.

A program of its own, started by `dev`: `python -P deploy/local/chalice_local.py local --stage ... --port ...`.
"""

import io
import logging
import runpy
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import chalice.local
from chalice.cli import cli
from chalice.local import ChaliceRequestHandler, LocalGateway
from rich.text import Text

_API = "/api"


class ReadableLines(io.TextIOWrapper):
    """Standard output that shows the functions' JSON lines in words, and everything else, prompts too, as it is."""

    def write(self, text: str) -> int:
        """Write what a handler wrote in one go."""
        if text.startswith("{") and text.endswith("\n"):
            return super().write(_readable()(text[:-1]).plain + "\n")
        return super().write(text)


@cache
def _readable() -> Callable[[str], Text]:
    readable: Callable[[str], Text] = _of_the_tool("reports/log_lines.py", "readable")
    return readable


def _of_the_tool(file: str, name: str) -> Any:
    """Load a name from a file of the deploy tool, whose packages are not on this program's path, as on Lambda."""
    return runpy.run_path(str(Path(__file__).parents[1] / file))[name]


def main() -> None:
    """Run Chalice's command line on the arguments."""
    _serve_below_api()
    chalice.local.LocalGatewayAuthorizer = _of_the_tool("local/id_tokens.py", "CognitoAuthorizer")  # type: ignore[misc]
    # Nagle's algorithm holds each answer's last bytes back for 40 ms.
    ChaliceRequestHandler.disable_nagle_algorithm = True
    # Chalice prints what every library says; where botocore found its endpoint is no news.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    sys.stdout = ReadableLines(sys.stdout.buffer, line_buffering=True, write_through=True)
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
