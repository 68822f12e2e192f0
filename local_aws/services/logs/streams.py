"""Log groups can be read while functions add streams to them.

AWS: DescribeLogGroups, DescribeLogStreams and FilterLogEvents answer while anything is written
(https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html).
Lacking here: a function's log is written in the thread that ran it, while MiniStack iterates over a group's streams.
When many functions start, `make logs` sometimes gets a 500, "dictionary changed size during iteration".
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import cloudwatch_logs

from local_aws.hooks import wraps

_converting = threading.Lock()


class Streams(dict[str, Any]):
    """A group's streams; an iteration sees those that were there when it began."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().keys()))

    def keys(self) -> Any:
        """The names."""
        return list(super().keys())

    def values(self) -> Any:
        """The streams."""
        return list(super().values())

    def items(self) -> Any:
        """Names and streams."""
        return list(super().items())


@wraps("ministack.services.cloudwatch_logs:_create_log_stream")
def _create_log_stream(create: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
    group = cloudwatch_logs._log_groups.get(data.get("logGroupName") or "")
    if group is not None and not isinstance(group["streams"], Streams):
        with _converting:
            # Another thread may have been here first, and added to it since.
            if not isinstance(group["streams"], Streams):
                group["streams"] = Streams(group["streams"])
    return create(data)
