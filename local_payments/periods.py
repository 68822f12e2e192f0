"""The periods of subscriptions."""

import calendar
from datetime import UTC, datetime

from local_payments.account import Account

_MONTHS = {"month": 1, "year": 12}


def period_end(account: Account, start: int, interval: str) -> int:
    """Return the end of a period: the same day of a later month, or its last day.

    With the setting `period_seconds` a month has so many seconds, and a year twelve times as many.
    """
    if seconds := account.settings["period_seconds"]:
        return start + int(seconds) * _MONTHS[interval]
    at = datetime.fromtimestamp(start, UTC)
    months = at.month - 1 + _MONTHS[interval]
    year, month = at.year + months // 12, months % 12 + 1
    day = min(at.day, calendar.monthrange(year, month)[1])
    return int(at.replace(year=year, month=month, day=day).timestamp())
