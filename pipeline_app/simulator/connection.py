"""One device's MQTT connection, with mutual TLS. It is driven by the loop of `simulator.fleet`, without a thread.

A message that is not acknowledged when the connection ends is sent again on the next one. So it may arrive twice, and
is not lost. AWS IoT accepts 100 unacknowledged publishes of a connection, and 100 publishes a second
(https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits).
"""

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chalicelib.pipeline.devices.model import topic

from simulator import packets
from simulator.messages import Outgoing

MOST_PUBLISHES_A_SECOND = 100
_MOST_UNACKNOWLEDGED = 90
# After so long without an answer a ping is sent, and after twice as long the connection is lost.
_KEEP_ALIVE_SECONDS = 60
_CONNECT_SECONDS = 10
_CHUNK_BYTES = 16 * 1024
_AGAIN = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
# A device that is offline keeps so many messages, and then makes no new ones.
_MOST_WAITING = 20_000
_MQTT_PORT, _HTTPS_PORT = 8883, 443
# Needed for MQTT at port 443: https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
_ALPN = "x-amzn-mqtt-ca"


@dataclass(frozen=True)
class Endpoint:
    """Where devices connect. `ca_file` has the authority of the endpoint's certificate; empty for the system's."""

    host: str
    port: int
    ca_file: str = ""


def endpoint(address: str, ca_file: str, port: int | None = None) -> Endpoint:
    """An endpoint by its address from DescribeEndpoint, which has a port in the embedded AWS only."""
    host, _, own_port = address.partition(":")
    return Endpoint(host, port or int(own_port or _MQTT_PORT), ca_file)


def tls_context(endpoint: Endpoint, certificate: Path, key: Path) -> ssl.SSLContext:
    """Mutual TLS with a device's certificate."""
    context = ssl.create_default_context(cafile=endpoint.ca_file or None)
    context.load_cert_chain(certificate, key)
    if endpoint.port == _HTTPS_PORT:
        context.set_alpn_protocols([_ALPN])
    return context


class Connection:
    """The connection of one device. `acknowledged` is called once for each message."""

    def __init__(
        self,
        device: str,
        endpoint: Endpoint,
        context: ssl.SSLContext,
        acknowledged: Callable[[Outgoing], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = device
        self.is_connected = False
        self.failure = ""
        # The open socket; None without a connection.
        self.socket: ssl.SSLSocket | None = None
        self._endpoint, self._context = endpoint, context
        self._topic = topic(device).encode()
        self._acknowledged, self._now = acknowledged, now
        self._waiting: deque[Outgoing] = deque()
        # By packet id. The session of a device is kept here: the broker's ends with the connection.
        self._unacknowledged: dict[int, Outgoing] = {}
        self._last_id = 0
        self._unsent = bytearray()
        self._reader = packets.PacketReader()
        self._heard_at = 0.0
        self._waits_for_ping = False

    @property
    def pending(self) -> int:
        """How many messages wait, or are not acknowledged yet."""
        return len(self._waiting) + len(self._unacknowledged)

    @property
    def is_full(self) -> bool:
        """Whether the device has no room for another message."""
        return len(self._waiting) >= _MOST_WAITING

    def connect(self) -> None:
        """Connect, which blocks until TLS is established. Raises OSError."""
        self.failure = ""
        host = self._endpoint.host
        plain = socket.create_connection((host, self._endpoint.port), _CONNECT_SECONDS)
        opened = self._context.wrap_socket(plain, server_hostname=host)
        opened.setblocking(False)
        self._reader = packets.PacketReader()
        self._unsent = bytearray(packets.connect(self.device, _KEEP_ALIVE_SECONDS))
        self._heard_at, self._waits_for_ping = self._now(), False
        self.socket = opened
        self._write()

    def publish(self, message: Outgoing) -> None:
        """Publish a message as soon as the connection allows it."""
        self._waiting.append(message)

    def flush(self) -> None:
        """Send what waits."""
        while self.is_connected and self._waiting and len(self._unacknowledged) < _MOST_UNACKNOWLEDGED:
            message, packet_id = self._waiting.popleft(), self._next_id()
            self._unacknowledged[packet_id] = message
            self._unsent += packets.publish(self._topic, packet_id, message.payload)
        self._write()

    def read(self) -> None:
        """Handle what has arrived, including what TLS has already taken out of the socket."""
        is_more = True
        while is_more and self.socket is not None:
            try:
                data = self.socket.recv(_CHUNK_BYTES)
                is_more = self.socket.pending() > 0
                self._handle_all(data)
            except _AGAIN:
                return
            except (OSError, packets.Malformed) as error:
                self._lose(str(error))

    def keep_alive(self) -> None:
        """Send a ping when one is due, and end a connection that does not answer. Call this every second."""
        silent_seconds = self._now() - self._heard_at
        if self.socket is not None and silent_seconds > 2 * _KEEP_ALIVE_SECONDS:
            self._lose("no answer")
        elif self.is_connected and silent_seconds > _KEEP_ALIVE_SECONDS and not self._waits_for_ping:
            self._waits_for_ping = True
            self._unsent += packets.PINGREQ
        self._write()

    def disconnect(self) -> None:
        """End the connection."""
        self._unsent += packets.DISCONNECT
        self._write()
        self._lose("")

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % packets.MOST_PACKET_ID + 1
            if self._last_id not in self._unacknowledged:
                return self._last_id

    def _write(self) -> None:
        """Write as much as the socket takes."""
        while self._unsent and self.socket is not None:
            try:
                sent = self.socket.send(self._unsent)
            except _AGAIN:
                return
            except OSError as error:
                self._lose(str(error))
                return
            del self._unsent[:sent]

    def _handle_all(self, data: bytes) -> None:
        if not data:
            raise ConnectionResetError("the connection was closed")
        self._heard_at, self._waits_for_ping = self._now(), False
        for kind, body in self._reader.feed(data):
            if kind == packets.PUBACK:
                if (message := self._unacknowledged.pop(packets.number(body), None)) is not None:
                    self._acknowledged(message)
            elif kind == packets.CONNACK:
                self._begin(body[-1])

    def _begin(self, return_code: int) -> None:
        """Begin to publish, with what was not acknowledged on the connection before."""
        if return_code:
            raise ConnectionRefusedError(packets.REFUSALS.get(return_code, f"return code {return_code}"))
        self.is_connected = True
        for packet_id, message in self._unacknowledged.items():
            self._unsent += packets.publish(self._topic, packet_id, message.payload)

    def _lose(self, reason: str) -> None:
        """Close the socket, and note why."""
        self.is_connected, self.failure = False, reason
        self._unsent.clear()
        if self.socket is not None:
            self.socket.close()
            self.socket = None
