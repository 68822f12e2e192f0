"""What a play call costs: one read request, one conditional write of at most 1 KB, however many calls come at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from chalicelib.video.errors import WatchingLimit
from chalicelib.video.playback.model import Limits, PlayRequest, Plays
from chalicelib.video.playback.play_table import PlayTable
from chalicelib.video.playback.playback import Playback
from chalicelib.video.playback.views import EDGE_HEADER

from common.aws import clients
from common.errors import Busy
from tests.unit.aws import aws_client
from tests.unit.stage import REGION
from tests.unit.video.stage import EDGE_SECRET, PUBLIC_URL, Stage, now

KB = 1024
# As long as an id of Cognito.
USER = "11111111-2222-4333-8444-555555555555"
LIMITS = Limits(link_seconds=300, devices=3, links_an_hour=40)
Requests = list[tuple[str, dict[str, Any]]]


@contextmanager
def counted(client: Any) -> Iterator[Requests]:
    """A client's requests, as pairs of operation and parameters."""
    requests: Requests = []

    def count(params: dict[str, Any], event_name: str, **_: Any) -> None:
        requests.append((event_name.rpartition(".")[2], params))

    client.meta.events.register("provide-client-params.dynamodb", count)
    yield requests
    client.meta.events.unregister("provide-client-params.dynamodb", count)


def size_bytes(item: dict[str, Any]) -> int:
    """The size by which DynamoDB bills an item of strings and numbers; of a number one byte more than it may have.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + len(text.encode()) + 1 for name, value in item.items() for text in value.values())


def play(stage: Stage, video: Any, device: str) -> int:
    """Ask for the link with the longest record, which is bound to an address."""
    headers = {"X_Forwarded_For": "203.0.113.99, 203.0.113.199, 64.252.0.1", EDGE_HEADER: EDGE_SECRET}
    body = {"device": device, "delivery": "cookies", "bindAddress": True}
    return stage.call("POST", f"/videos/{video.id}/play", body, USER, **headers).status


@pytest.fixture
def premium(video_app: Stage) -> Stage:
    video_app.entitle(USER)
    return video_app


def test_a_call_is_one_read_of_four_items_and_one_conditional_write(premium: Stage):
    video = premium.add()
    with counted(clients.client("dynamodb", REGION)) as requests:
        assert [play(premium, video, "phone-01") for _ in range(3)] == [201] * 3
    assert [operation for operation, _ in requests] == ["BatchGetItem", "PutItem"] * 3
    for _, read in requests[::2]:
        keys = {table: (len(keys["Keys"]), keys.get("ConsistentRead")) for table, keys in read["RequestItems"].items()}
        assert keys == {"entitlements": (2, True), "videos": (1, None), "plays": (1, None)}
    for _, write in requests[1::2]:
        assert "#version = :before" in write["ConditionExpression"]


def test_a_write_is_of_one_kilobyte_at_most(premium: Stage):
    video = premium.add()
    # As many devices as allowed, with the longest names.
    with counted(clients.client("dynamodb", REGION)) as requests:
        statuses = [play(premium, video, f"{number}" + "x" * 31) for number in range(4)]
    assert statuses == [201, 201, 201, 429]
    items = [write["Item"] for operation, write in requests if operation == "PutItem"]
    # The version is in an item twice, and the number of links once: they may grow to ten digits each.
    assert max(size_bytes(item) for item in items) + 3 * 9 <= KB


def test_a_refused_call_writes_nothing(video_app: Stage):
    video = video_app.add()
    with counted(clients.client("dynamodb", REGION)) as requests:
        assert play(video_app, video, "phone-01") == 403
    assert [operation for operation, _ in requests] == ["BatchGetItem"]


class OneWriteAtATime:
    """DynamoDB checks a write's condition and writes in one step, which moto does not."""

    def __init__(self, store: PlayTable) -> None:
        self.state = store.state
        self._save = store.save
        self._lock = threading.Lock()

    def save(self, owner: str, plays: Plays) -> Plays | None:
        with self._lock:
            return self._save(owner, plays)


class Unsigned:
    """Links as they are."""

    def signed_url(self, url: str, until: int, address: str | None) -> str:
        return url

    def signed_cookies(self, resource: str, until: int, address: str | None) -> dict[str, str]:
        return {}


def test_a_thousand_calls_at_once_of_one_account_do_not_break_the_limits(premium: Stage):
    video = premium.add()
    client, began = aws_client("dynamodb"), now()
    table = PlayTable(lambda: client, "plays", videos_table="videos", entitlements_table="entitlements")
    store, limits = OneWriteAtATime(table), LIMITS
    playback = Playback(store=store, signer=Unsigned(), public_url=PUBLIC_URL, limits=limits, now=lambda: began)
    start = threading.Barrier(1000)

    def link(number: int) -> str:
        device = f"device-{number % 12:02d}"
        request = PlayRequest(video_id=video.id, delivery="cookies", device=device)
        start.wait()
        try:
            playback.play(USER, request)
        except (WatchingLimit, Busy):
            return ""
        return device

    with counted(client) as requests, ThreadPoolExecutor(1000) as threads:
        devices = [device for device in threads.map(link, range(1000)) if device]
    assert 0 < len(devices) <= limits.links_an_hour
    assert len(set(devices)) <= limits.devices
    (item,) = premium.items("plays")
    plays = msgspec.json.decode(item["data"]["S"], type=Plays)
    assert (plays.version, plays.links, set(plays.devices)) == (len(devices), len(devices), set(devices))
    # A call that meets another one's write goes on from that, and reads nothing anew.
    assert [operation for operation, _ in requests].count("BatchGetItem") == 1000
