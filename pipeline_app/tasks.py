"""Operators' commands of pipeline_app: `python -m deploy task pipeline_app NAME`."""

import sys
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.pipeline.composition import Operator
from operations.dead_letters import DeadLetterQueue
from operations.redrive import redrive as redrive_queue
from operations.replay import replay as replay_stream
from operations.stream_records import StreamRecords
from operations.telemetry_stream import TelemetryStream

DEAD_LETTERS = "DeadLettersUrl"


def mail_alerts(context: Any, email: str) -> str:
    """Send a mail to an address for each alert that is raised or cleared, once its owner has confirmed that."""
    _operator(context).alert_topic.subscribe(email)
    return f"{email} gets a mail; its owner confirms with the link in it"


def replay(context: Any, since: str, until: str) -> str:
    """Deliver again what arrived in the stream in a time, such as `2026-11-27T17:00Z 2026-11-27T18:00Z`.

    The stream has the messages of the last 24 hours. Each is delivered once more and counted once.
    """
    stream = TelemetryStream(partial(context.client, "kinesis"), context.outputs["TelemetryStreamName"])
    replayed = replay_stream(stream, _milliseconds(since), _milliseconds(until), _now)
    left_out = f"{replayed.released} were put there by a replay or a release, {replayed.unreadable} are no envelopes"
    return f"{replayed.put} messages are in the stream again; left out: {left_out}"


def redrive(context: Any, queue: str) -> str:
    """Handle again what is in a dead-letter queue, such as `Stream`; an unknown name prints the names."""
    urls = {
        name.removesuffix(DEAD_LETTERS): url for name, url in context.outputs.items() if name.endswith(DEAD_LETTERS)
    }
    if queue not in urls:
        raise ValueError(f"there is no queue {queue}; there are: {', '.join(sorted(urls))}")
    dead_letters = DeadLetterQueue(partial(context.client, "sqs"), urls[queue])
    done = redrive_queue(dead_letters, StreamRecords(context.client), _now)
    if done.failed or done.expired:
        raise ValueError(f"{done.handled} handled, {done.failed} failed again, {done.expired} expired; these are kept")
    return f"{done.moved} messages moved back, {done.handled} letters handled again"


def _now() -> int:
    return int(time.time() * 1000)


def _milliseconds(text: str) -> int:
    """Read a time with its offset from UTC.

    Raises
    ------
    ValueError
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no offset from UTC, such as {text}Z")
    return int(at.timestamp() * 1000)


def _operator(context: Any) -> Operator:
    return Operator(context.client, context.outputs)
