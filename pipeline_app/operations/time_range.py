"""The time range of a task, read from text."""

from dataclasses import dataclass
from datetime import UTC, datetime


class InvalidTimeRange(ValueError):
    """A time is not in ISO 8601 with an offset from UTC, or nothing can have happened from `since` to `until`."""


@dataclass(frozen=True)
class TimeRange:
    """From `since_ms` to before `until_ms`, in milliseconds since 1970. An end in the future is now."""

    since_ms: int
    until_ms: int

    @classmethod
    def of(cls, since: str, until: str, now_ms: int) -> "TimeRange":
        """Read two times, such as `2026-11-27T17:00Z`.

        Raises
        ------
        InvalidTimeRange
        """
        times = cls(_milliseconds(since), _milliseconds(until))
        if times.until_ms <= times.since_ms:
            raise InvalidTimeRange(f"the end {until} is not after the start {since}")
        if times.since_ms >= now_ms:
            raise InvalidTimeRange(f"the start {since} is in the future: it is {_text(now_ms)}")
        return cls(times.since_ms, min(times.until_ms, now_ms))

    def require_end_after(self, oldest_ms: int, source: str) -> None:
        """Check that a source that begins at `oldest_ms` can have something of this time.

        Raises
        ------
        InvalidTimeRange
        """
        if self.until_ms <= oldest_ms:
            raise InvalidTimeRange(f"{source} has nothing before {_text(oldest_ms)}")


def _milliseconds(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidTimeRange(f"{text!r} is not a time such as 2026-11-27T17:00Z") from error
    if at.tzinfo is None:
        raise InvalidTimeRange(f"{text} has no offset from UTC: write a time such as 2026-11-27T17:00Z")
    return int(at.timestamp() * 1000)


def _text(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
