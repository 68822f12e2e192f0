"""Moments in seconds since 1970, as CloudFront writes them.

A moment is an aware datetime or a whole number of seconds. Fractions of a datetime's second are cut off, so that no
link is valid for longer than the caller meant.
"""

from datetime import UTC, datetime

from .errors import InvalidTime

Moment = datetime | int

# "a date that's no later than 2147483647 (January 19th, 2038 at 03:14:07 UTC)":
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
LAST_MOMENT = 2_147_483_647
DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_seconds(moment: Moment) -> int:
    """Return a moment as whole seconds since 1970.

    Raises
    ------
    InvalidTime
        It is a naive datetime, no whole number, not after 1970, or after LAST_MOMENT.
    """
    if type(moment) is int:
        seconds = moment
    elif isinstance(moment, datetime):
        if moment.utcoffset() is None:
            raise InvalidTime("a datetime without a time zone is ambiguous: pass an aware datetime")
        difference = moment - _EPOCH
        seconds = difference.days * DAY + difference.seconds
    else:
        raise InvalidTime(f"a moment is an aware datetime or an int of seconds since 1970, not {_kind(moment)}")
    if not 0 < seconds <= LAST_MOMENT:
        raise InvalidTime(f"a moment is between 1 and {LAST_MOMENT} seconds after 1970: CloudFront takes 32 bits")
    return seconds


def expiry(now: Moment, ttl_seconds: int, at_most: int = DAY) -> int:
    """Return the moment when something ends that is valid for `ttl_seconds` from `now`.

    Raises
    ------
    InvalidTime
        The lifetime is no whole number, less than a second, or longer than `at_most` seconds.
    """
    if type(ttl_seconds) is not int:
        raise InvalidTime(f"a lifetime is an int of seconds, not {_kind(ttl_seconds)}")
    if not 0 < ttl_seconds <= at_most:
        raise InvalidTime(f"a lifetime is between 1 and {at_most} seconds, not {ttl_seconds}")
    return epoch_seconds(epoch_seconds(now) + ttl_seconds)


def _kind(value: object) -> str:
    return type(value).__name__
