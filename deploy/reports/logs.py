"""`logs`: what all functions of a stage print, from CloudWatch Logs, sorted by time."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import HTTPClientError
from rich.text import Text

from deploy.apps import App
from deploy.progress import out
from deploy.regions import replica_region
from deploy.reports.log_lines import readable
from deploy.reports.source_paths import with_source_paths
from deploy.target import Target

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue")
# Another stream's older event may become visible after a newer one was read, so each look reads the last seconds again.
# The embedded AWS shows an event when it has written it.
_LATE_MS, _LATE_LOCALLY_MS = 10_000, 2_000
# A look at 30 groups takes 30 requests: a quiet group is read at each fifth look, a lively one at each.
_TURNS = 5
_LIVELY_LOOKS = 30
# (time in ms, app, function, text)
Line = tuple[int, App, str, str]
_NOISE = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")


@dataclass
class LogReader:
    """Reads each function's log group from where it left off."""

    apps: list[App]
    target: Target
    since_ms: int
    # Of each group, the events at or after `_from_ms`, which the next request returns again.
    _seen: dict[str, dict[str, int]] = field(default_factory=dict)
    _from_ms: dict[str, int] = field(default_factory=dict)
    # Read before a failure, and returned after it.
    _pending: list[Line] = field(default_factory=list)
    # The groups as they were listed last, and for how many looks those with new lines count as lively.
    _listed: list[tuple[App, str]] = field(default_factory=list)
    _lively: dict[str, int] = field(default_factory=dict)
    _looks: int = 0

    def new_lines(self) -> list[Line]:
        """Everything new, oldest first. After an error the next call returns what this one had read."""
        self._listed = self._list()
        return self._lines_of(self._listed)

    def look(self) -> list[Line]:
        """As `new_lines`, of the groups whose turn it is; after five looks every group had one."""
        if self._looks % _TURNS == 0:
            self._listed = self._list()
        self._looks += 1
        return self._lines_of(
            [
                (app, group)
                for index, (app, group) in enumerate(self._listed)
                if (self._looks + index) % _TURNS == 0 or self._lively.get(group)
            ]
        )

    def _list(self) -> list[tuple[App, str]]:
        # An app's folder can be removed while its logs are followed.
        present = [app for app in self.apps if (app.folder / "stages.yaml").exists()]
        return [(app, group) for app in present for group in self._groups(app)]

    def _lines_of(self, groups: list[tuple[App, str]]) -> list[Line]:
        for app, group in groups:
            lines = self._read(app, group)
            self._lively[group] = _LIVELY_LOOKS if lines else max(0, self._lively.get(group, 0) - 1)
            self._pending += lines
        lines, self._pending = sorted(self._pending, key=lambda line: line[0]), []
        return lines

    def _groups(self, app: App) -> list[str]:
        prefix = f"/aws/lambda/{app.full_name(self.target.stage)}"
        pages = self.target.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
        return [name for name in names if name == prefix or name.startswith(f"{prefix}-")]

    def _read(self, app: App, group: str) -> list[Line]:
        since = self._from_ms.get(group, self.since_ms)
        seen_events = {key: time_ms for key, time_ms in self._seen.get(group, {}).items() if time_ms >= since}
        lines = []
        for event in self._events(group, since):
            identity = event.get("eventId") or f"{event['timestamp']} {event['logStreamName']} {event['message']}"
            if identity not in seen_events:
                seen_events[identity] = event["timestamp"]
                lines.append((event["timestamp"], app, self._label(app, group), event["message"].rstrip()))
        self._seen[group] = seen_events
        late_ms = _LATE_LOCALLY_MS if self.target.is_local else _LATE_MS
        self._from_ms[group] = max([since, *(time_ms - late_ms for time_ms in seen_events.values())])
        return lines

    def _label(self, app: App, group: str) -> str:
        """The function's name; with its region if the app has two."""
        function = group.removeprefix("/aws/lambda/")
        return f"{function} {self.target.region}" if len(app.stage(self.target.stage).regions) > 1 else function

    def _events(self, group: str, since_ms: int) -> list[dict[str, Any]]:
        """The group's events; none if it was deleted after it was listed."""
        client = self.target.client("logs")
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since_ms)
        try:
            return [event for page in pages for event in page["events"]]
        except client.exceptions.ResourceNotFoundException:
            return []


def print_lines(lines: list[Line], apps: list[App]) -> None:
    """Print the lines, with the function's name in its app's colour."""
    colours = {app.key: _COLOURS[index % len(_COLOURS)] for index, app in enumerate(apps)}
    for time_ms, app, function, message in lines:
        if message and not message.startswith(_NOISE):
            clock = datetime.fromtimestamp(time_ms / 1000).strftime("%H:%M:%S.%f")[:-3]
            text = readable(with_source_paths(message, app))
            out.print(Text.assemble((clock, "dim"), " ", (function, colours[app.key]), " ", text))


def follow(apps: list[App], target: Target, before_each_read: Callable[[], Any], since_ms: int | None = None) -> None:
    """Print new lines of all regions until `before_each_read` raises or the user interrupts."""
    since_ms = since_ms or int(time.time() * 1000)
    regions = {target.region: apps}
    for app in apps:
        if region := replica_region(app, target):
            regions.setdefault(region, []).append(app)
    readers = [LogReader(in_region, target.in_region(name), since_ms) for name, in_region in regions.items()]
    while True:
        before_each_read()
        for reader in readers:
            # The lines of a region that cannot be reached come when it can be reached again.
            with suppress(HTTPClientError):
                print_lines(reader.look(), apps)
        time.sleep(1)
