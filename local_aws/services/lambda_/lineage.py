"""How often a chain of calls has come round, as it travels in a trace header: `Lineage=3:1a2b3c4d:0`.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

import re
import secrets
import time

_LINEAGE = re.compile(r"Lineage=(\d{1,4}):")


def depth_of(header: str) -> int:
    """How many invocations the chain behind a header has."""
    found = _LINEAGE.search(header)
    return int(found[1]) if found else 0


def with_depth(header: str, depth: int) -> str:
    """A header with a chain's depth added."""
    return f"{header};Lineage={depth}:{secrets.token_hex(4)}:0"


def unsampled() -> str:
    """A new trace that nobody records."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
