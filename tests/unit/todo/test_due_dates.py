"""The contract's pattern of due dates accepts exactly the days of the calendar."""

import calendar
import re

from common.values import DATE

PATTERN = re.compile(f"{DATE}$")


def test_every_month_ends_where_the_pattern_says():
    for year in range(1000, 3000):
        for month in range(1, 13):
            last = calendar.monthrange(year, month)[1]
            allowed = [day for day in range(28, 33) if PATTERN.match(f"{year}-{month:02}-{day:02}")]
            assert allowed == list(range(28, last + 1)), (year, month)


def test_invalid_months_and_days_are_refused():
    assert not [text for text in ("2026-00-01", "2026-13-01", "2026-01-00", "0999-01-01") if PATTERN.match(text)]
