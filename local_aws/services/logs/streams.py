"""Log groups can be read while functions add streams to them.

AWS: DescribeLogGroups, DescribeLogStreams and FilterLogEvents answer while anything is written
(https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html).
Lacking here: a function's log is written in the thread that ran it, and MiniStack iterates over a group's streams
meanwhile: "dictionary changed size during iteration", a 500 for `make logs` now and then when many functions start.
Hooked at: `cloudwatch_logs._create_log_stream`, the only way that streams come.
"""

import threading
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch_logs

from local_aws.hooks import Hook
from local_aws.settings import Settings

_MODULE = "ministack.services.cloudwatch_logs"
HOOKS = (
    Hook(f"{_MODULE}:_create_log_stream", "data"),
    Hook(f"{_MODULE}:_log_groups", "type:AccountRegionScopedDict"),
)
_converting = threading.Lock()


class Streams(dict[str, Any]):
    """A group's streams; whoever iterates sees those of the moment it began."""

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


def install(settings: Settings) -> None:
    """Let each group that gets a stream hold its streams so."""
    create = cloudwatch_logs._create_log_stream

    def create_log_stream(data: dict[str, Any]) -> Any:
        group = cloudwatch_logs._log_groups.get(data.get("logGroupName") or "")
        if group is not None and not isinstance(group["streams"], Streams):
            with _converting:
                # Another thread may have been here first, and added to it since.
                if not isinstance(group["streams"], Streams):
                    group["streams"] = Streams(group["streams"])
        return create(data)

    cloudwatch_logs._create_log_stream = create_log_stream
