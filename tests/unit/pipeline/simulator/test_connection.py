"""A device's connection with a broker that the test plays, over TCP without TLS."""

import socket
import ssl
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from simulator.connection import Connection, Endpoint
from simulator.messages import DELIVERED, Outgoing
from simulator.packets import Malformed, PacketReader, publish

CONNECT = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06room-1"
ACCEPTED, REFUSED = b"\x20\x02\x00\x00", b"\x20\x02\x00\x05"


class WithoutTls:
    """In place of a TLS context; a read or a write that must wait raises what TLS raises."""

    def wrap_socket(self, opened: socket.socket, server_hostname: str) -> Any:
        return Plain(opened)


class Plain:
    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened
        self.setblocking, self.close = opened.setblocking, opened.close

    def pending(self) -> int:
        return 0

    def recv(self, size: int) -> bytes:
        try:
            return self._opened.recv(size)
        except BlockingIOError as error:
            raise ssl.SSLWantReadError from error

    def send(self, data: bytes) -> int:
        # As a socket with little room.
        return self._opened.send(data[:100])


class Device:
    """A device's connection, the broker's end of it, and a clock that the test moves."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener, self.acknowledged, self.time = listener, [], 0.0
        endpoint = Endpoint("127.0.0.1", listener.getsockname()[1])
        self.connection = Connection("room-1", endpoint, WithoutTls(), self.acknowledged.append, now=lambda: self.time)

    def connect(self) -> "Device":
        self.connection.connect()
        self.broker, _ = self._listener.accept()
        self.broker.settimeout(60)
        assert self.receive(len(CONNECT)) == CONNECT
        return self

    def receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.broker.recv(size - len(data))
            assert more, "the device has closed the connection"
            data += more
        return data

    def answer(self, data: bytes) -> None:
        """Send as the broker, and let the device read it."""
        self.broker.sendall(data)
        select_readable(self.connection.socket)
        self.connection.read()

    def published(self) -> tuple[int, bytes]:
        """The packet id and the payload of the next PUBLISH."""
        head = self.receive(2)
        assert head[0] == 0x32
        body = self.receive(head[1])
        topic = b"devices/room-1/telemetry"
        assert body[: 2 + len(topic)] == struct.pack("!H", len(topic)) + topic
        return int.from_bytes(body[2 + len(topic) :][:2], "big"), body[4 + len(topic) :]


def select_readable(opened: Plain) -> None:
    """Wait until something has arrived, or the connection is closed."""
    opened.setblocking(True)
    opened._opened.recv(1, socket.MSG_PEEK)
    opened.setblocking(False)


@pytest.fixture
def device() -> Iterator[Device]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Device(listener)


def message(number: int, payload: bytes = b"{}") -> Outgoing:
    return Outgoing("room-1", f"run-{number}", payload, 0, DELIVERED)


def puback(packet_id: int) -> bytes:
    return b"\x40\x02" + struct.pack("!H", packet_id)


def test_messages_wait_for_the_connection_and_are_acknowledged_in_any_order(device: Device):
    sent = [message(number, b"x" * 60 + b"%d" % number) for number in range(3)]
    for one in sent:
        device.connection.publish(one)
    device.connect().connection.flush()
    assert device.connection.pending == 3
    device.answer(ACCEPTED)
    device.connection.flush()
    published = [device.published() for _ in sent]
    assert [payload for _, payload in published] == [one.payload for one in sent]
    # Two acknowledgements in one piece, and one in two; the last one is not expected.
    ids = [packet_id for packet_id, _ in published]
    device.answer(puback(ids[1]) + puback(ids[0]) + puback(ids[2])[:3])
    device.answer(puback(ids[2])[3:] + puback(ids[2]))
    assert device.acknowledged == [sent[1], sent[0], sent[2]]
    assert device.connection.pending == 0


def test_what_is_not_acknowledged_is_sent_again_on_the_next_connection(device: Device):
    device.connect().answer(ACCEPTED)
    for number in range(2):
        device.connection.publish(message(number))
    device.connection.flush()
    first, _ = device.published()
    second, _ = device.published()
    device.answer(puback(first))
    device.broker.close()
    select_readable(device.connection.socket)
    device.connection.read()
    assert (device.connection.is_connected, device.connection.socket) == (False, None)
    assert device.connection.failure == "the connection was closed"
    device.connect().answer(ACCEPTED)
    device.connection.flush()
    assert device.published()[0] == second
    device.answer(puback(second))
    assert [one.message_id for one in device.acknowledged] == ["run-0", "run-1"]


def test_a_refused_device_says_why(device: Device):
    device.connect().answer(REFUSED)
    assert not device.connection.is_connected
    assert device.connection.failure == "not authorized"


def test_a_device_has_90_unacknowledged_messages_at_most(device: Device):
    device.connect().answer(ACCEPTED)
    for number in range(100):
        device.connection.publish(message(number))
    device.connection.flush()
    ids = [device.published()[0] for _ in range(90)]
    assert len(set(ids)) == 90
    device.answer(puback(ids[7]))
    device.connection.flush()
    assert device.published()[0] not in set(ids) - {ids[7]}
    assert device.connection.pending == 99


def test_a_silent_connection_is_pinged_once_and_then_lost(device: Device):
    device.connect().answer(ACCEPTED)
    device.time = 59
    device.connection.keep_alive()
    for device.time in (61, 62, 63):
        device.connection.keep_alive()
    assert device.receive(2) == b"\xc0\x00"
    device.answer(b"\xd0\x00")
    device.time += 119
    device.connection.keep_alive()
    assert device.connection.is_connected
    device.time += 2
    device.connection.keep_alive()
    assert (device.connection.socket, device.connection.failure) == (None, "no answer")
    # One ping for each silence.
    assert device.receive(2) == b"\xc0\x00"
    assert device.broker.recv(1) == b""


def test_a_device_says_goodbye(device: Device):
    device.connect().answer(ACCEPTED)
    device.connection.disconnect()
    assert device.receive(2) == b"\xe0\x00"
    assert device.broker.recv(1) == b""


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 130_000])
def test_packets_are_read_in_any_pieces(size: int):
    data = publish(b"a", 1, b"x" * size)
    for cut in (1, 2, 3, len(data) - 1):
        reader = PacketReader()
        packets = [*reader.feed(data[:cut]), *reader.feed(data[cut:] + data)]
        assert packets == [(3, b"\x00\x01a\x00\x01" + b"x" * size)] * 2


def test_a_length_of_five_bytes_is_malformed():
    with pytest.raises(Malformed):
        list(PacketReader().feed(b"\x40\xff\xff\xff\xff\x01"))
