"""Queue batches in which one bad message does not spoil the others.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from chalice.app import SQSEvent


def handle_each(event: SQSEvent, handle: Callable[[str], None], log: logging.Logger) -> dict[str, Any]:
    """Call `handle` with each message's body; report those that raised. The log gets a line a message."""
    failures = []
    for record in event.to_dict()["Records"]:
        started = time.perf_counter()
        try:
            handle(record["body"])
        except Exception:
            receives = (record.get("attributes") or {}).get("ApproximateReceiveCount")
            log.exception("message failed", extra={"messageId": record["messageId"], "receives": receives})
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            log.info("message handled", extra={"messageId": record["messageId"], "ms": milliseconds})
    return {"batchItemFailures": failures}
