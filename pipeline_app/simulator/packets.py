"""The packets of MQTT 3.1.1 that a device sends and gets.

https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html. A client library makes several objects for each
message and for each acknowledgement, which takes longer than all else that a simulated device does.
"""

import struct
from collections.abc import Iterator

CONNACK, PUBACK, PINGRESP = 2, 4, 13
PINGREQ, DISCONNECT = b"\xc0\x00", b"\xe0\x00"
MOST_PACKET_ID = 65_535
# Section 3.2.2.3.
REFUSALS = {
    1: "unacceptable protocol version",
    2: "client id rejected",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorized",
}
_CLEAN_SESSION = 2
_CONNECT, _PUBLISH_QOS_1 = 0x10, 0x32
_PROTOCOL = b"\x00\x04MQTT\x04"


class Malformed(ValueError):
    """What has arrived is not MQTT."""


def connect(client_id: str, keep_alive_seconds: int) -> bytes:
    """A CONNECT whose session ends with the connection."""
    name = client_id.encode()
    settings = struct.pack("!BHH", _CLEAN_SESSION, keep_alive_seconds, len(name))
    return _packet(_CONNECT, _PROTOCOL + settings + name)


def publish(topic: bytes, packet_id: int, payload: bytes) -> bytes:
    """A PUBLISH that is to be acknowledged (QoS 1)."""
    return _packet(_PUBLISH_QOS_1, b"%b%b%b%b" % (_short(len(topic)), topic, _short(packet_id), payload))


def number(body: bytes) -> int:
    """The packet id at the begin of a body, or the two bytes of a CONNACK."""
    return int.from_bytes(body[:2], "big")


def _short(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _packet(first: int, body: bytes) -> bytes:
    """A packet with its length in front, seven bits in each byte, the lowest first (section 2.2.3)."""
    head, length = bytearray([first]), len(body)
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    head.append(length)
    return bytes(head) + body


class PacketReader:
    """Takes packets out of what has arrived."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The type and the body of each packet that is complete.

        Raises
        ------
        Malformed
            A length has more than four bytes.
        """
        self._data += data
        while (place := self._body()) is not None:
            start, end = place
            packet, self._data = self._data[:end], self._data[end:]
            yield packet[0] >> 4, packet[start:]

    def _body(self) -> tuple[int, int] | None:
        """Where the body of the first packet begins and ends; None if it is not complete."""
        length = 0
        for place, byte in enumerate(self._data[1:5]):
            length |= (byte & 127) << (7 * place)
            if byte < 128:
                end = 2 + place + length
                return (2 + place, end) if end <= len(self._data) else None
        if len(self._data) >= 5:
            raise Malformed("a packet's length has more than four bytes")
        return None
