"""Logs keep what is new, and do not grow without end.

AWS keeps log events as long as their group's retention says, in storage of its own
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/WhatIsCloudWatchLogs.html).
Here they are in the server's memory and in each save of its state, and MiniStack keeps all of them, those of
PutLogEvents twice: 10,000 API calls with an access log cost 10 MB, and every save grew by as much. So a stream keeps
its newest 5,000 events, and a group that gets a new stream lets go of its oldest beyond 100, or beyond 20,000 events.
Hooked at: `cloudwatch_logs._append_log_events`, through which all events come, and `_create_log_stream`.
"""

import itertools
import threading
from typing import Any

from ministack.services import cloudwatch_logs

from local_aws.hooks import Hook
from local_aws.settings import Settings

_MODULE = "ministack.services.cloudwatch_logs"
HOOKS = (
    Hook(f"{_MODULE}:_append_log_events", "stream,events"),
    Hook(f"{_MODULE}:_create_log_stream", "data"),
    Hook(f"{_MODULE}:_delete_log_stream", "data"),
    Hook(f"{_MODULE}:_log_groups", "type:AccountRegionScopedDict"),
    Hook(f"{_MODULE}:_log_records", "type:AccountRegionScopedDict"),
    Hook(f"{_MODULE}:_log_events_lock", "type:lock"),
)
STREAM_EVENTS = 5_000
GROUP_EVENTS = 20_000
GROUP_STREAMS = 100
Json = dict[str, Any]


def install(settings: Settings) -> None:
    """Let old events go as new ones come, and old streams when a new one does."""
    append, create = cloudwatch_logs._append_log_events, cloudwatch_logs._create_log_stream
    streams_lock = threading.Lock()

    def append_log_events(stream: Json, events: list[Json]) -> None:
        append(stream, events)
        with cloudwatch_logs._log_events_lock:
            old = stream["events"][:-STREAM_EVENTS]
            del stream["events"][: len(old)]
        for event in old:
            # MiniStack's second copy, by which GetLogRecord finds it.
            cloudwatch_logs._log_records.pop(event.get("eventId"), None)

    def create_log_stream(data: Json) -> Any:
        # The threads of functions that run at once each make a stream.
        with streams_lock:
            answer = create(data)
            if answer[0] == 200:
                for name in _too_old(cloudwatch_logs._log_groups[data["logGroupName"]]["streams"]):
                    cloudwatch_logs._delete_log_stream({"logGroupName": data["logGroupName"], "logStreamName": name})
        return answer

    cloudwatch_logs._append_log_events = append_log_events
    cloudwatch_logs._create_log_stream = create_log_stream


def _too_old(streams: dict[str, Json]) -> list[str]:
    """The streams to let go of; they are in the order in which they were made."""
    newest_first = list(reversed(streams))
    totals = itertools.accumulate(len(streams[name]["events"]) for name in newest_first)
    kept = sum(total <= GROUP_EVENTS for total in totals)
    return newest_first[max(1, min(kept, GROUP_STREAMS)) :]
