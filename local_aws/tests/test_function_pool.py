"""The pool's rules, without a server: which environments are kept, ended and killed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from local_aws.services.lambda_.pool import CAPACITY, Environment, FunctionVersion, NoEnvironment, Pool

ONE = FunctionVersion("0", "r", "one", "$LATEST", "a")


@dataclass
class FakeProcess:
    """Stands in for a process of an environment."""

    status: int | None = None
    closed: bool = False

    def exit_status(self):
        return self.status

    def kill(self):
        self.status = -9

    def close(self):
        self.kill()
        self.closed = True


def _environment(version=ONE, retire_at=float("inf")):
    return Environment(version, FakeProcess(), "stream", retire_at, None, [])


def test_idle_environments_end_after_their_time():
    pool = Pool(idle_seconds=60)
    environment = pool.lease(ONE, _environment)
    pool.release(environment, keep=True)
    pool.reap(environment.idle_since + 59)
    assert not environment.process.closed
    pool.reap(environment.idle_since + 61)
    assert environment.process.closed


def test_an_environment_with_old_credentials_is_not_used_again():
    pool = Pool()
    old = pool.lease(ONE, lambda: _environment(retire_at=0))
    pool.release(old, keep=True)
    assert pool.lease(ONE, _environment) is not old
    assert old.process.closed


def test_another_revision_gets_an_environment_of_its_own():
    pool = Pool()
    first = pool.lease(ONE, _environment)
    pool.release(first, keep=True)
    other = FunctionVersion("0", "r", "one", "$LATEST", "b")
    assert pool.lease(other, lambda: _environment(other)) is not first
    assert pool.lease(ONE, _environment) is first


def test_kill_ends_only_running_environments_of_the_named_function():
    pool = Pool()
    idle, running = pool.lease(ONE, _environment), pool.lease(ONE, _environment)
    two = FunctionVersion("0", "r", "two", "$LATEST", "a")
    other = pool.lease(two, lambda: _environment(two))
    pool.release(idle, keep=True)
    assert pool.kill("one") == 1
    assert (idle.process.status, running.process.status, other.process.status) == (None, -9, None)


def test_kill_can_end_one_invocation():
    pool = Pool()
    first, second = pool.lease(ONE, _environment), pool.lease(ONE, _environment)
    first.request_id, second.request_id = "1", "2"
    assert pool.kill("one", "2") == 1
    assert (first.process.status, second.process.status) == (None, -9)


def test_the_more_environments_are_idle_the_sooner_they_end():
    pool = Pool(idle_seconds=80, capacity=16)
    many = [pool.lease(ONE, _environment) for _ in range(16)]
    for environment in many:
        pool.release(environment, keep=True)
        environment.idle_since = 0.0
    # Of 16 each may be idle for 20 s, of 8 for 40 s.
    pool.reap(19.0)
    assert not any(environment.process.closed for environment in many)
    pool.reap(39.0)
    assert sum(environment.process.closed for environment in many) == 8
    pool.reap(79.0)
    assert sum(environment.process.closed for environment in many) == 12
    pool.reap(81.0)
    assert all(environment.process.closed for environment in many)


def test_a_few_environments_start_at_a_time_and_calls_share_them():
    pool = Pool(starts=2, long_start_seconds=60)
    started, may_start = [], threading.Event()

    def start():
        environment = _environment()
        started.append(environment)
        assert may_start.wait(30)
        return environment

    def call():
        pool.release(pool.lease(ONE, start), keep=True)

    calls = [threading.Thread(target=call) for _ in range(200)]
    for thread in calls:
        thread.start()
    assert len(started) == 2
    may_start.set()
    for thread in calls:
        thread.join(30)
    assert len(started) <= CAPACITY
    assert not any(environment.process.closed for environment in started)


def test_a_call_beyond_the_capacity_gets_the_next_environment_or_fails_after_its_timeout():
    pool = Pool(capacity=1)
    only = pool.lease(ONE, _environment)
    with pytest.raises(NoEnvironment):
        pool.lease(ONE, _environment, timeout_seconds=0.01)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.lease, ONE, _environment, 30)
        pool.release(only, keep=True)
        assert waiting.result(30) is only


def test_an_idle_environment_makes_room_for_another_function():
    pool = Pool(capacity=2)
    first, second = pool.lease(ONE, _environment), pool.lease(ONE, _environment)
    pool.release(second, keep=True)
    pool.release(first, keep=True)
    two = FunctionVersion("0", "r", "two", "$LATEST", "a")
    pool.lease(two, lambda: _environment(two))
    assert (second.process.closed, first.process.closed) == (True, False)


def test_environments_that_end_make_room():
    pool = Pool(capacity=1)

    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        pool.lease(ONE, fail)
    pool.release(pool.lease(ONE, _environment, 30), keep=False)
    retired = pool.lease(ONE, _environment, 30)
    pool.retire(lambda version: True)
    with pytest.raises(NoEnvironment):
        pool.lease(ONE, _environment, timeout_seconds=0.01)
    pool.release(retired, keep=True)
    pool.release(pool.lease(ONE, _environment, 30), keep=True)
    pool.retire(lambda version: True)
    pool.release(pool.lease(ONE, _environment, 30), keep=True)
    pool.stop()
    pool.release(pool.lease(ONE, _environment, 30), keep=True)


def test_a_start_that_takes_long_does_not_keep_others_from_starting():
    pool = Pool(starts=1, long_start_seconds=0.01)
    is_started = threading.Event()

    def slow():
        assert is_started.wait(30)
        return _environment()

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.lease, ONE, slow)
        two = FunctionVersion("0", "r", "two", "$LATEST", "a")
        pool.lease(two, lambda: _environment(two), 30)
        is_started.set()
        waiting.result(30)
