"""What a DAX endpoint does with bytes that no client of AWS sends."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_aws.services.dax import calls, cbor
from local_aws.services.dax.attribute_lists import AttributeLists
from local_aws.services.dax.connection import Connection
from local_aws.services.dax.node import Node
from local_aws.services.dax.value_ends import ValueEnd
from local_aws.tests.dax_strategies import EXAMPLES
from local_aws.tests.dax_streams import OpenGuard, Writer

GREETING = cbor.encode("J7yne5G", 0, "session", {}, [])
AUTHORIZATION = cbor.encode(1, calls.AUTHORIZE, "key", "signature", b"to sign", None, None)
MEGABYTE = 1024 * 1024
few = settings(max_examples=EXAMPLES, deadline=None, database=None)


class Endless:
    """A stream of some bytes, and then of one byte again and again, up to a number of bytes."""

    def __init__(self, first: bytes, again: bytes, most: int) -> None:
        self.first, self.again, self.left = first, again, most

    async def read(self, n: int = -1) -> bytes:
        data, self.first = self.first or self.again * min(n, self.left), b""
        self.left -= len(data)
        return data


class NoDynamoDb:
    """Has not a single table."""

    async def call(self, _operation: str, _body: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError("a call has reached DynamoDB")


def left_of(first: bytes, again: bytes = b"", most: int = 8 * MEGABYTE) -> int:
    """Serve a connection to its end; returns how many bytes the endpoint has not read."""
    stream: Any = Endless(first, again, most)
    node = Node(NoDynamoDb(), AttributeLists({}, list), lambda: 0, lambda: 0)
    writer: Any = Writer()
    asyncio.run(Connection(node, OpenGuard(), stream, writer).serve())
    return stream.left


@pytest.mark.parametrize("head", [b"", b"\x9f", b"\x5f", b"\x9b" + b"\xff" * 8, b"\x5a" + b"\x01\x00\x00\x00"])
@pytest.mark.parametrize("greeting", [b"", GREETING])
def test_an_unauthorized_client_is_cut_off_after_some_kilobytes(greeting, head):
    assert left_of(greeting + head, b"\x00" if head else b"\x81") > 7 * MEGABYTE


@pytest.mark.parametrize("again", [b"\x00", b"\x80", b"\xa0", b"\x61"])
def test_a_call_of_very_many_values_is_refused(again):
    assert left_of(GREETING + AUTHORIZATION + b"\x01\x9f", again) > 7 * MEGABYTE


@pytest.mark.parametrize("number", [[], {}, 1.5, None, "GetItem", 10**30])
def test_a_call_that_does_not_exist_ends_the_connection(number):
    left_of(GREETING + AUTHORIZATION + cbor.encode(1, number))


@pytest.mark.parametrize("code", [2.0, True, "2", None, 3])
def test_an_operation_of_a_transaction_in_another_type_does_not_avoid_its_permission(code):
    transaction = calls.CALLS[-1160037738]
    (sent,) = (cbor.Reader(cbor.encode([code])).value(),)
    with pytest.raises(cbor.Malformed):
        transaction.permissions([sent])


@few
@given(st.binary(max_size=40), st.data())
def test_the_end_of_a_value_is_where_the_reader_finds_it(data, pieces):
    reader, end, sent = cbor.Reader(data), ValueEnd(), 0
    with suppress(cbor.Malformed, cbor.Truncated):
        reader.value()
        while True:
            try:
                end.find(data[:sent])
                break
            except cbor.Truncated as truncated:
                sent += truncated.missing + pieces.draw(st.integers(0, 3))
                assert sent - 3 <= len(data)
        assert end.position == reader.position
