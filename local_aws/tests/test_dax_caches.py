"""The caches of a DAX cluster: times to live, eviction, writes during reads; and what is not the protocol."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.services.dax import cbor, reads, transactions, writes
from local_aws.services.dax.attribute_lists import AttributeLists
from local_aws.services.dax.cache import Cache, Hit
from local_aws.services.dax.connection import Connection
from local_aws.services.dax.errors import DaxError
from local_aws.services.dax.node import Node
from local_aws.tests.dax_streams import OpenGuard, Writer

TABLE = {
    "Table": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
}
KEY = b"one"


class Clock:
    """A clock that stands still."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeDynamoDb:
    """Items by id, and what was called."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.during_read: Callable[[], Any] | None = None

    async def call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if operation == "DescribeTable":
            return TABLE
        self.calls.append(operation)
        return await getattr(self, operation)(body)

    async def GetItem(self, body):  # noqa: N802
        found = self.items.get(body["Key"]["id"]["S"])
        if self.during_read:
            await self.during_read()
        return {"Item": found} if found else {}

    async def BatchGetItem(self, body):  # noqa: N802
        return {"Responses": {}, "UnprocessedKeys": body["RequestItems"]}

    async def PutItem(self, body):  # noqa: N802
        if "ConditionExpression" in body:
            raise DaxError("ConditionalCheckFailedException", "The conditional request failed")
        self.items[body["Item"]["id"]["S"]] = body["Item"]
        return {}

    async def UpdateItem(self, body):  # noqa: N802
        item = self.items[body["Key"]["id"]["S"]]
        return {"Attributes": item if body["ReturnValues"] == "ALL_NEW" else {"n": {"S": "changed"}}}

    async def DeleteItem(self, body):  # noqa: N802
        self.items.pop(body["Key"]["id"]["S"], None)
        return {}

    async def TransactWriteItems(self, body):  # noqa: N802
        for action in body["TransactItems"]:
            await self.PutItem({"Item": action["Put"]["Item"]})
        return {}

    async def TransactGetItems(self, body):  # noqa: N802
        keys = [each["Get"]["Key"]["id"]["S"] for each in body["TransactItems"]]
        return {"Responses": [{"Item": self.items[key]} if key in self.items else {} for key in keys]}

    async def Query(self, _body):  # noqa: N802
        return {"Items": list(self.items.values()), "Count": len(self.items), "ScannedCount": len(self.items)}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def dynamodb():
    return FakeDynamoDb()


@pytest.fixture
def node(dynamodb, clock):
    return Node(dynamodb, AttributeLists({}, lambda: None), lambda: 60_000, lambda: 0, clock)


def item(node: Node, text: str) -> bytes:
    return cbor.encode(node.lists.number_of(["text"]), text)


async def read(node: Node, options: Any = None) -> Any:
    """The text of the item, or None."""
    answer = cbor.Reader(await reads.get_item(node, b"t", KEY, options)).value()
    return node.decoded(answer[0], {})["text"]["S"] if answer else None


async def put(node: Node, text: str, options: Any = None) -> None:
    await writes.put_item(node, b"t", KEY, item(node, text), options)


def test_an_entry_ends_with_its_time_to_live_and_a_read_does_not_extend_it(clock):
    cache: Cache[bytes] = Cache(lambda: 1000, len, clock)
    cache.put("key", b"value")
    clock.now += 0.9
    assert cache.get("key") == Hit(b"value")
    clock.now += 0.1
    assert (cache.get("key"), len(cache), cache.bytes) == (None, 0, 0)
    assert (cache.counts.hits, cache.counts.misses) == (1, 1)


def test_a_time_to_live_of_0_has_no_end(clock):
    cache: Cache[bytes] = Cache(lambda: 0, len, clock)
    cache.put("key", b"value")
    clock.now += 1e9
    assert cache.get("key")


def test_the_least_recently_used_entry_leaves_a_full_cache():
    cache: Cache[bytes] = Cache(lambda: 0, len, max_bytes=3000)
    for key in ("a", "b"):
        cache.put(key, bytes(1000))
    cache.get("a")
    cache.put("c", bytes(1000))
    assert [key for key in ("a", "b", "c") if cache.get(key)] == ["a", "c"]
    cache.put("d", bytes(5000))
    assert cache.get("d") is None
    assert cache.get("a"), "a value that is larger than the cache evicts nothing"


def test_items_and_their_absence_are_read_once(node, dynamodb, clock):
    async def scenario() -> list[Any]:
        seen = [await read(node), await read(node)]
        await put(node, "text")
        dynamodb.items["one"] = {"id": {"S": "one"}, "text": {"S": "past DAX"}}
        seen += [await read(node), await read(node, {2: True}), await read(node)]
        clock.now += 60
        return [*seen, await read(node)]

    assert asyncio.run(scenario()) == [None, None, "text", "past DAX", "text", "past DAX"]
    assert dynamodb.calls == ["GetItem", "PutItem", "GetItem", "GetItem"]


def test_a_write_that_is_refused_changes_no_cache(node, dynamodb):
    async def scenario() -> Any:
        await put(node, "good")
        condition = cbor.encode([1, [11, [18, "id"]], []])
        with pytest.raises(DaxError, match="conditional"):
            await put(node, "refused", {4: condition})
        return await read(node)

    assert asyncio.run(scenario()) == "good"
    assert "GetItem" not in dynamodb.calls


def test_an_older_read_does_not_replace_what_was_written_meanwhile(node, dynamodb):
    async def scenario() -> list[Any]:
        dynamodb.items["one"] = {"id": {"S": "one"}, "text": {"S": "oldest"}}
        dynamodb.during_read = lambda: put(node, "newer")
        slow = await read(node)
        dynamodb.during_read = None
        return [slow, await read(node)]

    assert asyncio.run(scenario()) == ["oldest", "newer"]


def test_an_unprocessed_key_is_not_cached_and_its_read_is_over(node):
    asked = {b"t": [False, None, [KEY]]}
    items, unprocessed = cbor.Reader(asyncio.run(reads.batch_get_item(node, asked, None))).value()
    assert (items, unprocessed) == ({"t": []}, {"t": [KEY]})
    assert (len(node.items), node.items._reading) == (0, {})


def test_an_update_that_does_not_return_the_item_removes_it_from_the_cache(node, dynamodb):
    async def scenario() -> None:
        await put(node, "text")
        update = {8: cbor.encode([1, [[22, [18, "n"]]], []])}
        await writes.update_item(node, b"t", KEY, update)
        await read(node)
        assert dynamodb.calls == ["PutItem", "UpdateItem"]
        await writes.update_item(node, b"t", KEY, {**update, 7: 5})
        await read(node)
        assert dynamodb.calls == ["PutItem", "UpdateItem", "UpdateItem", "GetItem"]

    asyncio.run(scenario())


def test_after_a_transaction_its_items_are_read_into_the_cache(node, dynamodb):
    async def scenario() -> list[Any]:
        before = await read(node)
        row = [[2], [b"t"], [KEY], [item(node, "text")], None, None, None, None, None]
        await transactions.transact_write_items(node, *row)
        while transactions._refreshing:
            await asyncio.gather(*transactions._refreshing)
        return [before, await read(node)]

    assert asyncio.run(scenario()) == [None, "text"]
    assert dynamodb.calls == ["GetItem", "TransactWriteItems", "TransactGetItems"]


def test_a_query_stays_as_it_was_whatever_is_written(node, dynamodb):
    condition = cbor.encode([1, [0, [18, "id"], [17, 0]], ["one"]])

    async def scenario() -> list[int]:
        first = cbor.Reader(await reads.query(node, b"t", condition, None)).value()
        await put(node, "text")
        second = cbor.Reader(await reads.query(node, b"t", condition, None)).value()
        other = cbor.Reader(await reads.query(node, b"t", condition, {13: 5})).value()
        return [answer[8] for answer in (first, second, other)]

    assert asyncio.run(scenario()) == [0, 0, 1]


GREETING = cbor.encode("J7yne5G", 0, None, {"UserAgent": "test"}, 0)
AUTHORIZATION = cbor.encode(1, 1489122155, "key", "signature", b"", None, None)
ENDPOINTS = cbor.encode(1, 455855874)


def served(node: Node, *parts: bytes, fault: str = "") -> bytes:
    """What a connection answers to these parts, each of which arrives by itself."""

    async def serve() -> bytes:
        reader, writer = asyncio.StreamReader(), Writer()
        node.endpoints = cbor.encode("nodes")
        connection = Connection(node, OpenGuard(fault), reader, writer)
        serving = asyncio.ensure_future(connection.serve())
        for part in parts:
            reader.feed_data(part)
            await asyncio.sleep(0)
        reader.feed_eof()
        await serving
        return writer.data

    return asyncio.run(serve())


def test_a_call_may_arrive_byte_by_byte(node):
    whole = GREETING + AUTHORIZATION + ENDPOINTS + ENDPOINTS
    assert served(node, *(whole[at : at + 1] for at in range(len(whole)))) == cbor.encode([], "nodes") * 2


def test_a_call_without_an_authorization_is_refused(node):
    codes, *_ = (cbor.Reader(served(node, GREETING + ENDPOINTS)).value(),)
    assert codes[:3] == [4, 23, 31]


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\xff" * 100,
        GREETING + b"\x05" * 50,
        GREETING + AUTHORIZATION + ENDPOINTS[:-1],
        GREETING + AUTHORIZATION + cbor.encode(1, 263244906, b"t", KEY, "options"),
        GREETING + AUTHORIZATION + cbor.encode(1, 263244906, b"t", KEY, {0: b"\x83"}),
        GREETING + AUTHORIZATION + cbor.encode(1, 263244906, b"t", b"\xff\xfe", None),
        GREETING + AUTHORIZATION + b"\x01" + b"\x9b" + b"\xff" * 8,
        GREETING + AUTHORIZATION + b"\x01" + b"\x5b" + b"\xff" * 8,
    ],
)
def test_what_is_not_the_protocol_ends_the_connection_without_an_answer(node, data):
    assert served(node, data) == b""


def test_garbage_is_never_a_valid_answer(node):
    first = {served(node, GREETING + AUTHORIZATION + ENDPOINTS, fault="garbage")[:1] for _ in range(8)}
    assert first == {b"\xff"}, "the head of an empty array would be read as success"
    with pytest.raises(cbor.Malformed):
        cbor.Reader(first.pop()).value()


@pytest.mark.parametrize(
    ("limit", "sent"),
    [
        ("read_seconds", b""),
        ("read_seconds", GREETING),
        ("read_seconds", GREETING + AUTHORIZATION + ENDPOINTS[:-1]),
        ("idle_seconds", GREETING + AUTHORIZATION),
        ("idle_seconds", GREETING + AUTHORIZATION + ENDPOINTS),
    ],
)
def test_a_connection_ends_when_its_client_sends_nothing_for_too_long(node, limit, sent):
    async def serve() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        connection = Connection(node, OpenGuard(), reader, Writer())
        setattr(connection, limit, 0)
        await asyncio.wait_for(connection.serve(), 5)

    asyncio.run(serve())


def test_an_unknown_call_is_refused_and_ends_the_connection(node):
    answer = cbor.Reader(served(node, GREETING + AUTHORIZATION + cbor.encode(1, 12345) + ENDPOINTS))
    assert answer.value() == [4, 37, 38, 44]
    assert answer.value() == "There is no call 12345."
    assert len(answer.value()) == 3
    assert answer.at_end
