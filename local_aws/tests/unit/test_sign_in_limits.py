"""How long wrong passwords lock, with a clock that the test moves.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html (lockout behavior)
"""

import pytest

from local_aws.services.cognito.sign_in_limits import is_locked, right_password, wrong_password

NOW = 1_800_000_000.0


def lock_seconds(user, at):
    """How long the user is locked from `at`; whole seconds."""
    return next(seconds for seconds in range(1000) if not is_locked(user, at + seconds))


def test_each_wrong_password_from_the_fifth_on_doubles_the_lock():
    user, at, seconds = {}, NOW, []
    for _ in range(16):
        wrong_password(user, at)
        seconds.append(lock_seconds(user, at))
        at += seconds[-1]
    assert seconds == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_a_lock_lasts_until_its_last_moment():
    user = {}
    for _ in range(5):
        wrong_password(user, NOW)
    assert is_locked(user, NOW + 0.999)
    assert not is_locked(user, NOW + 1)


@pytest.mark.parametrize("rest", [899, 900])
def test_fifteen_minutes_without_an_attempt_reset_the_count(rest):
    user = {}
    for _ in range(5):
        wrong_password(user, NOW)
    wrong_password(user, NOW + 1 + rest)
    assert is_locked(user, NOW + 1 + rest) == (rest < 900)


def test_the_right_password_resets_the_count():
    user = {}
    for _ in range(5):
        wrong_password(user, NOW)
    right_password(user)
    for _ in range(4):
        wrong_password(user, NOW)
    assert not is_locked(user, NOW)
