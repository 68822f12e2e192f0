"""Logs keep the newest events, and do not grow without limit.

AWS keeps log events as long as their group's retention says, in storage of its own
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/WhatIsCloudWatchLogs.html).
Here they are in the server's memory and in each save of its state, and MiniStack keeps all of them, those of
PutLogEvents twice: 10,000 API calls with an access log take 10 MB of memory and of every save. So a stream keeps its
newest 5,000 events. When a group gets a new stream, its oldest streams beyond 100 streams or 20,000 events are deleted.
"""

import itertools
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch_logs

from local_aws.hooks import wraps

STREAM_EVENTS = 5_000
GROUP_EVENTS = 20_000
GROUP_STREAMS = 100
_streams_lock = threading.Lock()
Json = dict[str, Any]


@wraps("ministack.services.cloudwatch_logs:_append_log_events")
def _append_and_forget(append: Callable[[Json, list[Json]], None], stream: Json, events: list[Json]) -> None:
    append(stream, events)
    with cloudwatch_logs._log_events_lock:
        old = stream["events"][:-STREAM_EVENTS]
        del stream["events"][: len(old)]
    for event in old:
        # MiniStack's second copy, by which GetLogRecord finds it.
        cloudwatch_logs._log_records.pop(event.get("eventId"), None)


@wraps("ministack.services.cloudwatch_logs:_create_log_stream")
def _create_and_forget(create: Callable[[Json], Any], data: Json) -> Any:
    # The threads of functions that run at once each create a stream.
    with _streams_lock:
        response = create(data)
        if response[0] == 200:
            for name in _too_old(cloudwatch_logs._log_groups[data["logGroupName"]]["streams"]):
                cloudwatch_logs._delete_log_stream({"logGroupName": data["logGroupName"], "logStreamName": name})
    return response


def _too_old(streams: dict[str, Json]) -> list[str]:
    """The streams to delete; `streams` are in the order in which they were created."""
    newest_first = list(reversed(streams))
    totals = itertools.accumulate(len(streams[name]["events"]) for name in newest_first)
    kept = sum(total <= GROUP_EVENTS for total in totals)
    return newest_first[max(1, min(kept, GROUP_STREAMS)) :]
