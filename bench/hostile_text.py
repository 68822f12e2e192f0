"""Text that somebody writes to keep a parser busy: CPU of the slowest."""

import json
import subprocess
import time

from bench.functions import started
from bench.result import Limit, Result
from bench.workspace import Workspace

MOST_CHARACTERS = 50_000
# Each repeats what a parser of Markdown or HTML may go back over.
BODIES = tuple(
    body[:MOST_CHARACTERS]
    for body in (
        *("<b>" * 16_000, "<div>" * 10_000, "**a " * 12_000, "[" * 50_000, "> " * 25_000, "`" * 50_000, "![" * 25_000),
        *("[^a]: x\n\n" + "[^" * 25_000, "[^a]: x\n\n" + "[^a]" * 5_000, "[^a]: " * 8_000, "[^a]: x\n" * 6_000),
        *("# a\n" * 12_000, "[](#a)" * 8_000, "![](photo:a)\n" * 3_800, "```\n\n```\n" * 5_500),
        *("a\n\n" * 16_000, "<!--" * 12_000, "- " * 25_000, '"' * 50_000, "| a " * 9_000 + "\n" + "|-" * 9_000),
    )
)
ADDRESSES = (" " * 320, " " * 319 + "<", " " * 5000 + "a@example.com", '"' + "\\a" * 159 + " ", "a" * 100_000)
_TIMES = 50


def measure(workspace: Workspace) -> list[Result]:
    """Render the longest posts that are allowed, and refuse long mail addresses."""
    seconds = {body: _render_seconds(workspace, body) for body in BODIES}
    slowest = max(seconds, key=lambda body: seconds[body])
    what = f"none; the body repeats {slowest[:5]!r}"
    refusals = max(map(_refuse_ms, ADDRESSES))
    return [
        Result("slowest of the longest posts", "s CPU", seconds[slowest], None, what, Limit(10)),
        Result("slowest mail address, refused 50 times", "ms CPU", refusals, None, "none; in SES's stead", Limit(500)),
    ]


def _render_seconds(workspace: Workspace, body: str) -> float:
    with started(workspace, "render.py", workspace.blog_zip, stdin=subprocess.PIPE) as process:
        output, _ = process.communicate(json.dumps(body).encode())
    return float(json.loads(output)["cpu_seconds"])


def _refuse_ms(address: str) -> float:
    from local_aws.services.ses import addresses  # noqa: PLC0415 - it imports MiniStack
    from local_aws.services.ses.errors import SesError  # noqa: PLC0415

    began = time.process_time()
    for _ in range(_TIMES):
        try:
            addresses.parse_address(address)
        except SesError:
            continue
        raise RuntimeError(f"taken as an address: {address[:40]!r}")
    return (time.process_time() - began) * 1000
