"""Reads and writes the depth of a chain of invocations in a trace header: `Lineage=3:1a2b3c4d:0`.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

import re
import secrets
import time

_LINEAGE = re.compile(r"Lineage=(\d{1,4}):")


def depth_of(header: str) -> int:
    """The number of invocations in the chain that a header belongs to."""
    lineage = _LINEAGE.search(header)
    return int(lineage[1]) if lineage else 0


def with_depth(header: str, depth: int) -> str:
    """Add a chain's depth to a header."""
    return f"{header};Lineage={depth}:{secrets.token_hex(4)}:0"


def unsampled() -> str:
    """Make a new trace header that is not sampled."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
