"""One device's MQTT connection, with mutual TLS. It is driven by the loop of `simulator.fleet`, without a thread.

A message that is not acknowledged when the connection ends is sent again on the next one. So it may arrive twice, and
is not lost. AWS IoT accepts 100 unacknowledged publishes of a connection, and 100 publishes a second
(https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits).
"""

import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from chalicelib.pipeline.devices.model import topic
from paho.mqtt.enums import CallbackAPIVersion

from simulator.messages import Outgoing

MOST_PUBLISHES_A_SECOND = 100
_MOST_UNACKNOWLEDGED = 90
_KEEP_ALIVE_SECONDS = 60
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
        self, device: str, endpoint: Endpoint, context: ssl.SSLContext, acknowledged: Callable[[Outgoing], None]
    ) -> None:
        self.device = device
        self.is_connected = False
        self.failure = ""
        self._endpoint = endpoint
        self._topic = topic(device)
        self._acknowledged = acknowledged
        self._waiting: deque[Outgoing] = deque()
        self._unacknowledged: dict[int, Outgoing] = {}
        self._client = self._new_client(context)

    def _new_client(self, context: ssl.SSLContext) -> mqtt.Client:
        # The session of a device is kept by this process, as `_unacknowledged`.
        client = mqtt.Client(CallbackAPIVersion.VERSION2, self.device, clean_session=True, reconnect_on_failure=False)
        client.tls_set_context(context)
        client.max_inflight_messages_set(_MOST_UNACKNOWLEDGED)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        # With this callback nothing is written until `flush`, so that several publishes are written together.
        client.on_socket_register_write = lambda *_: None
        return client

    @property
    def pending(self) -> int:
        """How many messages wait, or are not acknowledged yet."""
        return len(self._waiting) + len(self._unacknowledged)

    @property
    def is_full(self) -> bool:
        """Whether the device has no room for another message."""
        return len(self._waiting) >= _MOST_WAITING

    @property
    def socket(self) -> Any:
        """The open socket; None without a connection."""
        return self._client.socket()

    def connect(self) -> None:
        """Connect, which blocks until TLS is established. Raises OSError."""
        self.failure = ""
        if self._client.host:
            self._client.reconnect()
        else:
            self._client.connect(self._endpoint.host, self._endpoint.port, _KEEP_ALIVE_SECONDS)
        self._client.loop_write()

    def publish(self, message: Outgoing) -> None:
        """Publish a message as soon as the connection allows it."""
        self._waiting.append(message)

    def flush(self) -> None:
        """Send what waits."""
        while self.is_connected and self._waiting and len(self._unacknowledged) < _MOST_UNACKNOWLEDGED:
            message = self._waiting.popleft()
            self._unacknowledged[self._client.publish(self._topic, message.payload, qos=1).mid] = message
        if self._client.want_write():
            self._client.loop_write()

    def read(self) -> None:
        """Handle what has arrived, including what TLS has already taken out of the socket."""
        self._client.loop_read()
        while (opened := self.socket) is not None and opened.pending():
            self._client.loop_read()

    def keep_alive(self) -> None:
        """Send a ping when one is due, and end a connection that does not answer. Call this every second."""
        self._client.loop_misc()
        self._client.loop_write()

    def disconnect(self) -> None:
        """End the connection."""
        self._client.disconnect()
        self._client.loop_write()

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.is_connected = not reason.is_failure
        self.failure = str(reason) if reason.is_failure else ""

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.is_connected = False
        self.failure = str(reason)

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        if (message := self._unacknowledged.pop(mid, None)) is not None:
            self._acknowledged(message)
