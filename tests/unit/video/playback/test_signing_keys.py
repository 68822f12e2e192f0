"""The signing key: read from its secret rarely, by one thread, and kept when it cannot be read again."""

import io
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chalicelib.video.errors import NoSigningKey
from chalicelib.video.playback.key_ring import REFRESH_SECONDS, KeyRing, SigningKey
from chalicelib.video.playback.signing_keys import RETRY_SECONDS, SigningKeys

from common.runtime.logs import JsonLines
from tests.unit.video.playback.links import private_pem

# A read that another thread waits for ends within this time, or the test fails.
PATIENCE = 60


def ring(key_id: str, kind: str = "ecdsa") -> KeyRing:
    return KeyRing(SigningKey("A", key_id, private_pem(kind)))


class Secret:
    """A secret that counts its reads; `value` is a ring, or the error that a read raises."""

    def __init__(self, value: KeyRing | Exception) -> None:
        self.value = value
        self.reads = 0
        self.before: Callable[[], object] = lambda: None

    def read(self) -> KeyRing:
        self.reads += 1
        self.before()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class Stage:
    """Signing keys with a clock that is set by hand, and what they log."""

    def __init__(self, value: KeyRing | Exception) -> None:
        self.secret = Secret(value)
        self.now = 1_767_290_400.0
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(JsonLines())
        log = logging.Logger("test")
        log.addHandler(handler)
        self.keys = SigningKeys(self.secret.read, log, lambda: self.now)

    def key_id(self) -> str:
        return self.keys.signer().key_id

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


def test_the_key_is_read_once_until_its_time_is_over():
    stage = Stage(ring("K1"))
    first = stage.keys.signer()
    stage.secret.value = ring("K2")
    stage.now += REFRESH_SECONDS - 1
    assert stage.keys.signer() is first
    assert stage.secret.reads == 1
    stage.now += 1
    assert stage.key_id() == "K2"
    assert stage.secret.reads == 2


def test_a_key_that_is_still_the_same_is_not_loaded_again():
    stage = Stage(ring("K1"))
    first = stage.keys.signer()
    stage.now += REFRESH_SECONDS
    assert stage.keys.signer() is first
    assert stage.secret.reads == 2


def test_a_clock_that_was_set_back_makes_no_key_last_longer():
    stage = Stage(ring("K1"))
    stage.key_id()
    stage.secret.value = ring("K2")
    stage.now -= 86_400
    assert stage.key_id() == "K2"


@pytest.mark.parametrize(
    "value",
    [OSError("no connection"), KeyRing(), KeyRing(SigningKey("A", "K2", "no key"))],
    ids=["unreachable", "empty", "broken"],
)
def test_the_present_key_signs_on_if_the_secret_cannot_be_read_again(value: KeyRing | Exception):
    stage = Stage(ring("K1"))
    stage.key_id()
    stage.secret.value = value
    stage.now += REFRESH_SECONDS
    assert stage.key_id() == "K1"
    (line,) = stage.logged()
    assert (line["level"], line["message"].partition(";")[0]) == ("ERROR", "the signing key could not be read again")
    assert "PRIVATE KEY" not in json.dumps(line)


def test_a_read_that_failed_is_tried_again_soon_but_not_at_each_call():
    stage = Stage(ring("K1"))
    stage.key_id()
    stage.secret.value = OSError("no connection")
    stage.now += REFRESH_SECONDS
    assert [stage.key_id() for _ in range(5)] == ["K1"] * 5
    assert stage.secret.reads == 2
    stage.secret.value = ring("K2")
    stage.now += RETRY_SECONDS
    assert stage.key_id() == "K2"


def test_without_a_key_there_is_none_and_the_next_call_reads_again():
    stage = Stage(KeyRing())
    with pytest.raises(NoSigningKey):
        stage.keys.signer()
    stage.secret.value = OSError("no connection")
    with pytest.raises(OSError, match="no connection"):
        stage.keys.signer()
    stage.secret.value = ring("K1")
    assert stage.key_id() == "K1"
    assert stage.logged() == []


def test_threads_that_need_the_first_key_at_once_read_it_once():
    stage = Stage(ring("K1"))
    calling = threading.Semaphore(0)

    def key_id(_: int) -> str:
        calling.release()
        return stage.key_id()

    def wait_until_all_call() -> None:
        stage.secret.before = lambda: None
        assert all(calling.acquire(timeout=PATIENCE) for _ in range(8))

    stage.secret.before = wait_until_all_call
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(key_id, range(8))) == ["K1"] * 8
    assert stage.secret.reads == 1


def test_while_one_thread_reads_the_key_again_the_others_sign_with_the_present_one():
    stage = Stage(ring("K1"))
    stage.key_id()
    reading, others_have_signed = threading.Event(), threading.Event()

    def wait_for_others() -> None:
        reading.set()
        assert others_have_signed.wait(PATIENCE)

    stage.secret.before = wait_for_others
    stage.secret.value = ring("K2")
    stage.now += REFRESH_SECONDS
    with ThreadPoolExecutor(1) as thread:
        reader = thread.submit(stage.key_id)
        assert reading.wait(PATIENCE)
        assert [stage.key_id() for _ in range(5)] == ["K1"] * 5
        others_have_signed.set()
        assert reader.result(PATIENCE) == "K2"
    assert stage.secret.reads == 2
    assert stage.key_id() == "K2"


def test_both_kinds_of_keys_sign():
    for kind in ("ecdsa", "rsa"):
        assert "Key-Pair-Id=K1" in Stage(ring("K1", kind)).keys.signer().signed_url("https://a.example/b", 9)
