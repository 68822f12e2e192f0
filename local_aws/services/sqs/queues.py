"""Puts messages of other AWS services into queues."""

import hashlib
import logging
import time
import uuid
from typing import Any

from ministack.core.concurrency import esm_wake
from ministack.services import sqs

_log = logging.getLogger("local_aws.services.sqs.queues")


def put_in_queue(arn: str, text: str, attributes: dict[str, dict[str, Any]], group: str = "", once: str = "") -> bool:
    """Put a message into a queue; returns False if the queue does not exist.

    `attributes` are SQS's message attributes by name; `group` and `once` the group and deduplication id of a FIFO
    queue's message.
    """
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        _log.warning("there is no queue %s", arn)
        return False
    now = time.time()
    message = {
        "id": str(uuid.uuid4()),
        "body": text,
        "md5": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "message_attributes": attributes,
        "md5_attrs": sqs._md5_msg_attrs(attributes),
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(queue),
        "sys": sqs._build_send_sys_attrs(now, {}),
        "group_id": group or None,
        "dedup_id": once or None,
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)
    esm_wake.set()
    return True
