"""S3 refuses a write that it cannot store.

AWS: an object that PutObject has acknowledged is stored. When S3 cannot serve a request it answers 503
ServiceUnavailable, and SDKs try again (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).

This MiniStack logs a failed write and answers 200; the object is gone after a restart. Here PutObject first checks that
the disk has room, and nothing is changed if it has not. If a file of another operation cannot be written, the response
is the same error, and the object may be readable until the server stops.
"""

import contextvars
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import s3

from local_aws.hooks import wraps
from local_aws.state import disk

_log = logging.getLogger("local_aws.services.s3")
# Beside the object there is a file with its metadata.
_METADATA_BYTES = 16 * 1024
_REFUSED = 300
Answer = tuple[int, dict[str, Any], Any]
# The errors of the writes of the current request.
_failures: contextvars.ContextVar[list[OSError] | None] = contextvars.ContextVar("failures", default=None)


@wraps("ministack.services.s3:_atomic_write")
def _write(write: Callable[..., None], fpath: str, data: Any, **options: Any) -> None:
    try:
        write(fpath, data, **options)
    except OSError as error:
        # The caller logs the error and goes on.
        if (failures := _failures.get()) is not None:
            failures.append(error)
        raise


@wraps("ministack.services.s3:_put_object")
def _put(put: Callable[..., Answer], bucket_name: str, key: str, body: bytes, headers: dict[str, str]) -> Answer:
    try:
        if s3._ensure_bucket(bucket_name) is not None:
            disk.require_room(_folder(bucket_name), len(body) + _METADATA_BYTES)
    except OSError as error:
        return _unavailable(error)
    token = _failures.set([])
    try:
        answer = put(bucket_name, key, body, headers)
        return _refused(answer) or answer
    finally:
        _failures.reset(token)


@wraps("ministack.services.s3:handle_request")
async def _handle(handle: Callable[..., Awaitable[Answer]], *arguments: Any, **options: Any) -> Answer:
    token = _failures.set([])
    try:
        answer = await handle(*arguments, **options)
        return _refused(answer) or answer
    finally:
        _failures.reset(token)


def _folder(bucket: str) -> Path:
    folder = Path(s3.DATA_DIR, str(get_account_id()), bucket)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _refused(answer: Answer) -> Answer | None:
    """The error in place of a success, if a file was not written."""
    failures = _failures.get()
    return _unavailable(failures[0]) if failures and answer[0] < _REFUSED else None


def _unavailable(error: OSError) -> Answer:
    _log.warning("S3 refuses a write that it cannot store: %s", error.strerror)
    message = f"Service is unable to handle request: {error.strerror}."
    refusal: Answer = s3._error("ServiceUnavailable", message, 503)
    return refusal
