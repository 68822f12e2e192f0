"""Takes the packets of a connection out of what it received, and ends the connection on one beyond AWS's limits.

A payload has at most 128 KB, a topic at most 7 slashes, a client id at most 128 bytes, and QoS 2 is not supported
(https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits,
https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-qos).

This MiniStack accepts all of them. For each packet it copies the rest of what was received, and it handles all packets
of a connection before it serves another one. A publish over MQTT is no request, so it did not cause a save.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Any

from ministack.services import iot

from local_aws.hooks import replaces
from local_aws.state import saver

_PAYLOAD_BYTES = 128 * 1024
_TOPIC_SLASHES = 7
_CLIENT_ID_BYTES = 128
# The levels of a basic ingest topic before its own.
_RULE_LEVELS = 3
# Other connections and requests are served after this many packets.
_PACKETS_AT_ONCE = 16
# The packet's type, and its length in up to four bytes.
_HEADER_BYTES = 5
Packet = tuple[int, int, bytes]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_log = logging.getLogger(__name__)


@replaces("ministack.services.iot:_feed_session")
async def _feed_session(session: Any, data: bytes, max_buffer: int) -> bool:
    """Handle the packets that are complete; returns whether the connection stays open."""
    saver.mark_changed()
    session._buffer.extend(data)
    if len(session._buffer) > max_buffer:
        _log.warning("a connection of client %r is closed: a packet is too large", session._client_id)
        return False
    is_open = True
    while is_open and (packets := list(islice(_packets(session._buffer), _PACKETS_AT_ONCE))):
        is_open = await _handle_together(session, packets)
        if len(packets) == _PACKETS_AT_ONCE:
            await asyncio.sleep(0)
    return is_open


async def _handle_together(session: Any, packets: list[Packet]) -> bool:
    """Handle packets, and send what the client gets for them in one write."""
    answers = _Answers(session._send)
    session._send = answers.collect
    try:
        return await _handle_all(session, packets)
    finally:
        session._send = answers.send
        await answers.flush()


async def _handle_all(session: Any, packets: list[Packet]) -> bool:
    for packet_type, flags, body in packets:
        if reason := _beyond_limits(packet_type, flags, body):
            _log.warning("a connection of client %r is closed: %s", session._client_id, reason)
            return False
        if not await session.handle_packet(packet_type, flags, body):
            return False
    return True


class _Answers:
    """What is sent to a client while packets of it are handled; it is written together."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self._data = bytearray()

    async def collect(self, message: dict[str, Any]) -> None:
        """Take what a session sends. Anything but data is sent at once, after the data before it."""
        if message["type"] == "websocket.send":
            self._data += message["bytes"]
        else:
            await self.flush()
            await self.send(message)

    async def flush(self) -> None:
        """Write what is collected."""
        if self._data:
            data, self._data = bytes(self._data), bytearray()
            await self.send({"type": "websocket.send", "bytes": data})


def _packets(buffer: bytearray) -> Iterator[Packet]:
    while packet := _next_packet(buffer):
        yield packet


def _next_packet(buffer: bytearray) -> Packet | None:
    """Remove the first packet, if it is complete: its type, flags and body."""
    if len(buffer) < 2:
        return None
    try:
        length, start = iot._decode_remaining_length(bytes(buffer[:_HEADER_BYTES]), 1)
    except ValueError:
        if len(buffer) > _HEADER_BYTES:
            buffer.clear()
        return None
    end = start + length
    if len(buffer) < end:
        return None
    first, body = buffer[0], bytes(buffer[start:end])
    del buffer[:end]
    return first >> 4, first & 0x0F, body


def _beyond_limits(packet_type: int, flags: int, body: bytes) -> str:
    """What is beyond the limits; empty if nothing is."""
    if packet_type == iot.PKT_PUBLISH:
        return _publish_beyond_limits(flags, body)
    if packet_type == iot.PKT_CONNECT and len(_client_id(body)) > _CLIENT_ID_BYTES:
        return f"a client id is longer than {_CLIENT_ID_BYTES} bytes"
    return ""


def _publish_beyond_limits(flags: int, body: bytes) -> str:
    # QoS 3 is malformed.
    if flags & 0b100:
        return "QoS 2 is not supported"
    topic_end = 2 + int.from_bytes(body[:2], "big")
    topic = body[2:topic_end]
    slashes = topic.count(b"/") - (_RULE_LEVELS if topic.startswith(b"$aws/rules/") else 0)
    if slashes > _TOPIC_SLASHES:
        return f"a topic has more than {_TOPIC_SLASHES} slashes"
    # A packet identifier stands before the payload. The properties of MQTT 5 count as payload here.
    return f"a payload is larger than {_PAYLOAD_BYTES} bytes" if len(body) - topic_end - 2 > _PAYLOAD_BYTES else ""


def _client_id(body: bytes) -> bytes:
    """The client id of a CONNECT; empty if the packet is malformed, which MiniStack answers."""
    try:
        _, offset = iot._read_string(body, 0)
        # The protocol's level, the flags and two bytes of keep-alive come before the properties of MQTT 5.
        level, offset = body[offset], offset + 4
        if level == iot.MQTT_5:
            _, offset = iot._decode_properties(body, offset)
        client_id, _ = iot._read_string(body, offset)
    except (ValueError, IndexError):
        return b""
    return str(client_id).encode()
