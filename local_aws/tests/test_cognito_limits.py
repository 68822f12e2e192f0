"""The limits of codes and locks over time, without a server."""

import pytest

from local_aws.services.cognito import sign_in_limits as limits

NOW = 1_000_000.0


def test_a_code_is_six_random_digits():
    codes = {limits.new_code({}, "email", 60, NOW) for _ in range(50)}
    assert len(codes) > 40
    assert all(len(code) == 6 and code.isdigit() for code in codes)


def test_a_code_works_once():
    user: dict = {}
    code = limits.new_code(user, "email", 60, NOW)
    limits.use_code(user, "email", code, NOW + 59)
    with pytest.raises(limits.CodeExpired):
        limits.use_code(user, "email", code, NOW + 59)


def test_a_code_expires():
    user: dict = {}
    code = limits.new_code(user, "email", 60, NOW)
    with pytest.raises(limits.CodeExpired):
        limits.use_code(user, "email", code, NOW + 60)


def test_a_code_is_valid_for_its_purpose_only():
    user: dict = {}
    code = limits.new_code(user, "email", 60, NOW)
    with pytest.raises(limits.CodeExpired):
        limits.use_code(user, "password", code, NOW)


def test_after_several_wrong_codes_all_codes_are_refused_for_15_minutes():
    user: dict = {}
    code = limits.new_code(user, "email", 3600, NOW)
    for _ in range(limits.WRONG_CODES_ALLOWED):
        with pytest.raises(limits.CodeMismatch):
            limits.use_code(user, "email", "no", NOW)
    code = limits.new_code(user, "email", 3600, NOW)
    with pytest.raises(limits.TooManyAttempts):
        limits.use_code(user, "email", code, NOW + 899)
    limits.use_code(user, "email", code, NOW + 901)


def test_the_duration_of_locks_doubles_from_1_second_to_15_minutes():
    user: dict = {}
    at, locks = NOW, []
    for _ in range(17):
        limits.wrong_password(user, at)
        locks.append(user["_locked_until"] - at)
        at = max(at, user["_locked_until"])
    assert locks == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_15_minutes_without_an_attempt_reset_the_count():
    user: dict = {}
    for _ in range(6):
        limits.wrong_password(user, NOW)
    assert limits.is_locked(user, NOW + 1)
    limits.wrong_password(user, NOW + 2 + 900)
    assert not limits.is_locked(user, NOW + 2 + 900)


def test_a_right_password_resets_the_count():
    user: dict = {}
    for _ in range(5):
        limits.wrong_password(user, NOW)
    limits.right_password(user)
    limits.wrong_password(user, NOW + 2)
    assert not limits.is_locked(user, NOW + 2)
