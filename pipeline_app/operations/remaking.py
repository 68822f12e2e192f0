"""Replay from objects: the reports on a time are made again from the objects that are in S3, and loaded again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from chalicelib.pipeline.reports.model import Window


class Windows(Protocol):
    """The windows of the reports."""

    def remake(self, window: Window, now_ms: int) -> bool:
        """Make a window's reports again; False if no object of it was ever noted."""


def remake(windows: Windows, since_ms: int, until_ms: int, now_ms: int) -> list[Window]:
    """Make the reports again on the hours and days that a time touches; returns the windows that have objects."""
    return [window for window in windows_between(since_ms, until_ms) if windows.remake(window, now_ms)]


def windows_between(since_ms: int, until_ms: int) -> Iterator[Window]:
    """The hours and the days in UTC that have a part from `since_ms` to before `until_ms`."""
    since, until = (datetime.fromtimestamp(at / 1000, UTC) for at in (since_ms, until_ms))
    for text, step, begin in (
        ("%Y-%m-%dT%H", timedelta(hours=1), since.replace(minute=0, second=0, microsecond=0)),
        ("%Y-%m-%d", timedelta(days=1), since.replace(hour=0, minute=0, second=0, microsecond=0)),
    ):
        while begin < until and since < until:
            yield Window(begin.strftime(text))
            begin += step
