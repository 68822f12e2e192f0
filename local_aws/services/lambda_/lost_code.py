"""Loads functions whose deployment package is gone from the saved state, so that a deployment can bring it again.

AWS loses no packages. MiniStack loads such a function without code and with its old CodeSha256, so that a deployment
finds nothing to do, and it loads a damaged package as it is. Here the function has no CodeSha256 until it gets code,
and its invocations fail with a reason. The package that comes back serves every function and version that had it.
"""

import base64
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc

from local_aws.hooks import replaces, wraps

_LAMBDA = "ministack.services.lambda_svc"
_log = logging.getLogger("local_aws.lambda")
# The SHA-256 sum of a record's package that is lost.
_LOST = "lost_code"
Record = dict[str, Any]


@replaces(f"{_LAMBDA}:_read_code_blob")
def _read(digest: str) -> bytes | None:
    path = Path(lambda_svc.CODE_BLOB_DIR, f"{digest}.zip")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(content).hexdigest() == digest:
        return content
    # A file that is there would not be written again.
    path.unlink()
    return None


@wraps(f"{_LAMBDA}:_internalize_code_zip")
def _note_loss(internalize: Callable[..., None], record: Record, blobs: dict[str, bytes | None]) -> None:
    reference = record.get("code_zip")
    internalize(record, blobs)
    if isinstance(reference, dict) and record["code_zip"] is None:
        record[_LOST] = reference[lambda_svc._BLOB_REF_KEY]


@wraps(f"{_LAMBDA}:load_persisted_state")
def _load(load: Callable[[Any], None], data: Any) -> None:
    load(data)
    functions = lambda_svc._functions._data
    lost = sorted(
        {key[-1] for key, function in functions.items() if any(_LOST in record for record in _records(function))}
    )
    for function in functions.values():
        if _LOST in function:
            function["config"]["CodeSha256"] = ""
    if lost:
        _log.warning("the code of %s is gone from the saved state: deploy again, as `make run` does", ", ".join(lost))


def restore(functions: Iterable[Record]) -> None:
    """Give packages that have come back to the functions and versions that have lost them."""
    records = [(function, record) for function in functions for record in _records(function)]
    if not any(_LOST in record for _, record in records):
        return
    in_memory = (code for _, record in records if isinstance(code := record.get("code_zip"), bytes))
    packages = {hashlib.sha256(code).hexdigest(): code for code in in_memory}
    for function, record in records:
        code = record.get("code_zip") or packages.get(record.get(_LOST, ""))
        if code and record.pop(_LOST, None):
            record["code_zip"] = code
            if record is function:
                record["config"]["CodeSha256"] = base64.b64encode(hashlib.sha256(code).digest()).decode()


def _records(function: Record) -> Iterator[Record]:
    """A function's record, which is that of $LATEST, and those of its versions."""
    yield function
    yield from (function.get("versions") or {}).values()
