"""`chalice local`, plus what its server lacks: the public addresses' `/api`, verified tokens, a readable log.

`dev` starts it as a program of its own: `python -P deploy/local/chalice_local.py local --stage ... --port ...`.
"""

import io
import logging
import runpy
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import chalice.local
from chalice.local import ChaliceRequestHandler, LocalGateway
from rich.text import Text

_API = "/api"


class ReadableLines(io.TextIOWrapper):
    """Standard output that makes the functions' JSON lines readable; everything else, prompts too, is unchanged."""

    def write(self, text: str) -> int:
        """Write one text. A log handler writes a whole line at once."""
        if text.startswith("{") and text.endswith("\n"):
            return super().write(_readable()(text[:-1]).plain + "\n")
        return super().write(text)


@cache
def _readable() -> Callable[[str], Text]:
    readable: Callable[[str], Text] = _loaded_from_tool("reports/log_lines.py", "readable")
    return readable


def _loaded_from_tool(file: str, name: str) -> Any:
    """Load a name from a file of the deploy tool: as on Lambda, the tool's packages are not on this program's path."""
    return runpy.run_path(str(Path(__file__).parents[1] / file))[name]


def main() -> None:
    """Run Chalice's command line on the arguments."""
    # Only `chalice new-project` asks questions. When inquirer is imported, it sends queries to the terminal, whose
    # answers would be read as the user's input at a debugger's prompt.
    sys.modules["inquirer"] = ModuleType("inquirer")
    from chalice.cli import cli  # noqa: PLC0415 - after that

    _serve_below_api()
    chalice.local.LocalGatewayAuthorizer = _loaded_from_tool("local/id_tokens.py", "CognitoAuthorizer")  # type: ignore[misc]
    # Nagle's algorithm holds each answer's last bytes back for 40 ms.
    ChaliceRequestHandler.disable_nagle_algorithm = True
    # Chalice prints every library's log; botocore would say at each start where it found its endpoint.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    sys.stdout = ReadableLines(sys.stdout.buffer, line_buffering=True, write_through=True)
    arguments = sys.argv[1:]
    # Chalice's reloader runs this command again.
    sys.argv = [sys.executable, "-P", __file__, *arguments]
    cli(args=arguments, obj={})


def _serve_below_api() -> None:
    """Serve `/todos` at `/api/todos` too: the addresses in the app's responses have the prefix."""
    handle = LocalGateway.handle_request

    def handle_request(
        self: LocalGateway, method: str, path: str, headers: dict[str, Any], body: bytes | None
    ) -> dict[str, Any]:
        inner = path.removeprefix(_API) if path.startswith(f"{_API}/") else path
        return handle(self, method, inner, headers, body)

    LocalGateway.handle_request = handle_request  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
