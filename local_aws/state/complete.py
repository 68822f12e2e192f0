"""Finds what a saved state refers to and the disk does not have: buckets, Redshift's databases.

Functions' code is not among it, because a deployment brings it again (`services.lambda_.lost_code`).
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CODE = re.compile(r'"code_blob_ref": "([0-9a-f]{64})"')


def missing(state_dir: Path, generation: Path) -> Iterator[str]:
    """What is missing or damaged below `state_dir`, as in `s3/000000000000 is missing`."""
    # The folder of a single bucket is gone too if the bucket was deleted after the save.
    for account in _accounts_with_buckets(generation):
        if not (state_dir / "s3" / account).is_dir():
            yield f"s3/{account} is missing"
    for name in _payload(generation, "redshift_data").get("databases", {}).values():
        if not (state_dir / "redshift" / name).is_file():
            yield f"redshift/{name} is missing"


def code_references(generation: Path | None) -> set[str]:
    """The SHA-256 sums of the code of a generation's functions."""
    return set(_CODE.findall(text_of(generation, "lambda")))


def text_of(generation: Path | None, service: str) -> str:
    """The saved state of a service as text; empty if there is none."""
    file = generation / f"{service}.json" if generation else None
    return file.read_text() if file and file.exists() else ""


def has_buckets(state_dir: Path) -> bool:
    """Whether there is the folder of a bucket."""
    return any(path.is_dir() for path in (state_dir / "s3").glob("*/*"))


def _accounts_with_buckets(generation: Path) -> set[str]:
    """The accounts that have buckets. In the state a key has an account and a name, with a NUL between them."""
    return {key.partition("\0")[0] for key in _payload(generation, "s3").get("buckets_meta", {}).get("data", {})}


def _payload(generation: Path, service: str) -> dict[str, Any]:
    text = text_of(generation, service)
    return json.loads(text)["payload"] or {} if text else {}
