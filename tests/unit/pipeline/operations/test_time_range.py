"""Time ranges of tasks: which are accepted, and what is said of the others."""

from datetime import datetime

import pytest
from operations.time_range import InvalidTimeRange, TimeRange


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


NOW = ms("2026-11-27T18:30Z")


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        ("2026-11-27T17:00Z", "2026-11-27T18:00Z", "2026-11-27T17:00Z", "2026-11-27T18:00Z"),
        ("2026-11-27T18:00+01:00", "2026-11-27T13:00-05:00", "2026-11-27T17:00Z", "2026-11-27T18:00Z"),
        ("2026-11-27T17:00Z", "2999-01-01T00:00Z", "2026-11-27T17:00Z", "2026-11-27T18:30Z"),
    ],
)
def test_times_have_any_zone_and_end_now_at_the_latest(since, until, first, last):
    assert TimeRange.of(since, until, NOW) == TimeRange(ms(first), ms(last))


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        ("2026-11-27T18:00Z", "2026-11-27T17:00Z", "the end 2026-11-27T17:00Z is not after the start"),
        ("2026-11-27T18:00Z", "2026-11-27T18:00Z", "is not after the start"),
        ("2026-11-27T18:00Z", "2026-11-27T19:00+01:00", "is not after the start"),
        ("2026-11-27T19:00Z", "2026-11-27T20:00Z", "is in the future: it is 2026-11-27T18:30Z"),
        ("2026-11-27T17:00", "2026-11-27T18:00", "has no offset from UTC"),
        ("2026-11-27", "2026-11-28", "has no offset from UTC"),
        ("2026-11-27T17:00Z", "later", "'later' is not a time"),
        ("2026-11-27T17:00+99:00", "2026-11-27T18:00Z", "is not a time"),
    ],
)
def test_a_time_in_which_nothing_can_have_happened_is_refused(since, until, reason):
    with pytest.raises(InvalidTimeRange, match=reason):
        TimeRange.of(since, until, NOW)


def test_a_time_that_a_source_no_longer_has_is_refused():
    times = TimeRange.of("2026-11-26T17:00Z", "2026-11-26T18:00Z", NOW)
    times.require_end_after(ms("2026-11-26T17:59Z"), "the stream")
    with pytest.raises(InvalidTimeRange, match=r"^the stream has nothing before 2026-11-26T18:00Z$"):
        times.require_end_after(ms("2026-11-26T18:00Z"), "the stream")
