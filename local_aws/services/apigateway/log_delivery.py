"""Delivers access log lines to CloudWatch Logs, in batches and after the response, as on AWS."""

import asyncio
import hashlib
import logging
import time
from collections import defaultdict

from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

from local_aws.services.apigateway.request import StageRequest

_DELAY_SECONDS = 0.2
_MAX_LINE_CHARACTERS = 1024 * 1024
_log = logging.getLogger("local_aws.access_log")

Target = tuple[str, str, str, str]
_pending: dict[Target, list[dict[str, object]]] = defaultdict(list)


def deliver(destination_arn: str, request: StageRequest, text: str) -> None:
    """Queue one line for delivery; `destination_arn` is the ARN of a log group."""
    parts = destination_arn.split(":")
    if len(parts) < 7 or parts[2] != "logs":
        return
    stream = hashlib.sha256(f"{request.api_id}/{request.stage_name}".encode()).hexdigest()[:32]
    if not _pending:
        asyncio.get_running_loop().call_later(_DELAY_SECONDS, flush)
    _pending[(parts[4], parts[3], parts[6], stream)].append(
        {"timestamp": int(time.time() * 1000), "message": text[:_MAX_LINE_CHARACTERS]}
    )


def flush() -> None:
    """Write all queued lines."""
    batches = dict(_pending)
    _pending.clear()
    for (account, region, group, stream), events in batches.items():
        with request_scope(account, region):
            name = {"logGroupName": group, "logStreamName": stream}
            cloudwatch_logs._create_log_stream(name)
            status, _, body = cloudwatch_logs._put_log_events({**name, "logEvents": events})
        if status >= 400:
            _log.warning("access log lines lost: %s", body)
