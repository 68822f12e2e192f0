"""IoT devices for conformance tests: a thing with a certificate, and its MQTT connection."""

import json
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from local_aws.testing import NEVER_SECONDS, EmbeddedAws

OWN_TOPIC = "${iot:Connection.Thing.ThingName}"


def device_policy(*, subscribe: bool = False) -> str:
    """A thing connects as itself, and publishes on its own topic only."""
    arn = "arn:aws:iot:us-east-1:000000000000"
    statements = [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{arn}:client/{OWN_TOPIC}"},
        {"Effect": "Allow", "Action": "iot:Publish", "Resource": f"{arn}:topic/devices/{OWN_TOPIC}/telemetry"},
    ]
    if subscribe:
        topic = f"devices/{OWN_TOPIC}/telemetry"
        statements += [
            {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": f"{arn}:topicfilter/{topic}"},
            {"Effect": "Allow", "Action": "iot:Receive", "Resource": f"{arn}:topic/{topic}"},
        ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Device:
    """A thing with a new, active certificate and one policy."""

    def __init__(self, aws: EmbeddedAws, policy: str | None = None, *, attached: bool = True) -> None:
        self.aws, self.name = aws, f"thing-{uuid.uuid4().hex[:8]}"
        iot = aws.client("iot")
        created = iot.create_keys_and_certificate(setAsActive=True)
        self.certificate_id, self.certificate_arn = created["certificateId"], created["certificateArn"]
        iot.create_thing(thingName=self.name)
        if attached:
            iot.attach_thing_principal(thingName=self.name, principal=self.certificate_arn)
        iot.create_policy(policyName=self.name, policyDocument=policy or device_policy())
        iot.attach_policy(policyName=self.name, target=self.certificate_arn)
        self.files = aws.state_dir / f"{self.name}.crt", aws.state_dir / f"{self.name}.key"
        self.files[0].write_text(created["certificatePem"])
        self.files[1].write_text(created["keyPair"]["PrivateKey"])

    @property
    def topic(self) -> str:
        return f"devices/{self.name}/telemetry"

    @contextmanager
    def connection(self, client_id: str | None = None) -> Iterator["Connection"]:
        with connected(self.aws, client_id or self.name, self.files) as connection:
            yield connection


class Connection:
    """An MQTT connection, and what the broker does with it. Each wait fails the test when nothing happens."""

    def __init__(self, client: mqtt.Client) -> None:
        self._client = client
        self._events: Queue[tuple[str, Any]] = Queue()
        client.on_connect = lambda _c, _u, _f, reason, _p: self._events.put(("connected", reason.value))
        client.on_connect_fail = lambda *_: self._events.put(("closed", None))
        client.on_disconnect = lambda *_: self._events.put(("closed", None))
        client.on_publish = lambda _c, _u, mid, *_: self._events.put(("acknowledged", mid))
        client.on_subscribe = lambda *_: self._events.put(("subscribed", None))
        client.on_message = lambda _c, _u, message: self._events.put(("message", (message.topic, message.payload)))

    def next_event(self) -> tuple[str, Any]:
        return self._events.get(timeout=NEVER_SECONDS)

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> str:
        """Publish, and return what happens: acknowledged or closed."""
        self.start_publish(topic, payload, qos)
        return self.next_event()[0]

    def start_publish(self, topic: str, payload: bytes, qos: int = 1) -> None:
        self._client.publish(topic, payload, qos)

    def send(self, packet: bytes) -> None:
        """Send a packet that no client library makes."""
        self._client.socket().sendall(packet)

    def subscribe(self, topic_filter: str) -> str:
        self._client.subscribe(topic_filter, 1)
        return self.next_event()[0]


@contextmanager
def connected(aws: EmbeddedAws, client_id: str, files: tuple[Path, Path] | None) -> Iterator[Connection]:
    """Connect; the first event says whether the broker accepted the client."""
    host, _, port = aws.client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"].partition(":")
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)
    context = ssl.create_default_context(cafile=str(aws.state_dir / "ca.pem"))
    if files:
        context.load_cert_chain(*files)
    client.tls_set_context(context)
    connection = Connection(client)
    client.connect_async(host, int(port))
    client.loop_start()
    try:
        yield connection
    finally:
        client.disconnect()
        client.loop_stop()
