"""Limits the guesses of one-time codes and passwords. Times are epoch seconds, passed in.

The counts are plain values in the user's record, and are saved with it.
"""

import secrets
from typing import Any

WRONG_CODES_ALLOWED = 5
WRONG_CODES_FORGOTTEN_SECONDS = 900
WRONG_PASSWORDS_ALLOWED = 5
LONGEST_LOCK_SECONDS = 900


class CodeMismatch(Exception):
    """The code is not the one that was sent."""


class CodeExpired(Exception):
    """No code is waiting: none was sent, it was used, or its time is over."""


class TooManyAttempts(Exception):
    """Too many wrong codes lately; not even the right one is accepted now."""


def new_code(user: dict[str, Any], purpose: str, lifetime_seconds: int, at: float) -> str:
    """A random six-digit code for one purpose; an earlier one for it is void."""
    code = f"{secrets.randbelow(1_000_000):06}"
    user.setdefault("_codes", {})[purpose] = {"code": code, "expires": at + lifetime_seconds}
    return code


def use_code(user: dict[str, Any], purpose: str, given: str, at: float) -> None:
    """Use up the code sent for one purpose.

    Raises
    ------
    CodeMismatch, CodeExpired, TooManyAttempts
        The code is not accepted; a wrong one counts, over all codes of this purpose, for 15 minutes.
    """
    wrong = [moment for moment in _wrong_codes(user, purpose) if moment > at - WRONG_CODES_FORGOTTEN_SECONDS]
    if len(wrong) >= WRONG_CODES_ALLOWED:
        raise TooManyAttempts
    waiting = user.get("_codes", {}).get(purpose)
    if waiting is None or at >= waiting["expires"]:
        raise CodeExpired
    if not secrets.compare_digest(waiting["code"].encode(), given.encode()):
        user["_wrong_codes"][purpose] = [*wrong, at]
        raise CodeMismatch
    del user["_codes"][purpose]
    user["_wrong_codes"][purpose] = []


def _wrong_codes(user: dict[str, Any], purpose: str) -> list[float]:
    moments: list[float] = user.setdefault("_wrong_codes", {}).setdefault(purpose, [])
    return moments


def is_locked(user: dict[str, Any], at: float) -> bool:
    """Whether sign-in by password is refused now, whatever the password."""
    return at < float(user.get("_locked_until", 0))


def wrong_password(user: dict[str, Any], at: float) -> None:
    """Count a wrong password; the n-th, from the fifth on, locks for 2^(n-5) seconds, 15 minutes at most."""
    if at >= user.get("_locked_until", 0) + LONGEST_LOCK_SECONDS:
        user["_wrong_passwords"] = 0
    user["_wrong_passwords"] = count = int(user.get("_wrong_passwords", 0)) + 1
    excess = count - WRONG_PASSWORDS_ALLOWED
    seconds = min(2.0**excess, LONGEST_LOCK_SECONDS) if excess >= 0 else 0.0
    user["_locked_until"] = at + seconds


def right_password(user: dict[str, Any]) -> None:
    """Forget all wrong passwords."""
    user.pop("_wrong_passwords", None)
    user.pop("_locked_until", None)
