"""Moments of one day."""

from datetime import UTC, datetime, timedelta


def at(hour: float) -> datetime:
    """The moment some hours after the day began."""
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hour)
