"""The pool's rules, without a server: which environments are kept, ended and killed."""

from dataclasses import dataclass

from local_aws.services.lambda_.pool import Environment, FunctionVersion, Pool

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
