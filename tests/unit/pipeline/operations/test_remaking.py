"""Which windows a time touches, and which of them are made again."""

from datetime import datetime

import pytest
from chalicelib.pipeline.reports.model import Window
from operations.remaking import remake, windows_between


def ms(text):
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("since", "until", "windows"),
    [
        ("2026-11-27T17:00Z", "2026-11-27T18:00Z", ["2026-11-27T17", "2026-11-27"]),
        ("2026-11-27T17:59Z", "2026-11-27T18:01Z", ["2026-11-27T17", "2026-11-27T18", "2026-11-27"]),
        (
            "2026-11-28T00:30+01:00",
            "2026-11-28T01:30+01:00",
            ["2026-11-27T23", "2026-11-28T00", "2026-11-27", "2026-11-28"],
        ),
        ("2026-11-27T17:00Z", "2026-11-27T17:00Z", []),
    ],
)
def test_a_time_touches_hours_and_days_in_utc(since, until, windows):
    assert [window.start for window in windows_between(ms(since), ms(until))] == windows


def test_windows_without_objects_are_left_out():
    class Windows:
        def remake(self, window, now_ms):
            return window.grain == "day"

    made = remake(Windows(), ms("2026-11-27T17:00Z"), ms("2026-11-27T18:00Z"), 0)
    assert made == [Window("2026-11-27")]
