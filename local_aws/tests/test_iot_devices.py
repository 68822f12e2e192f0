"""IoT devices: who may connect, publish and subscribe, with which packets, and until when.

https://docs.aws.amazon.com/iot/latest/developerguide/x509-client-certs.html,
https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html,
https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
"""

import pytest
import trustme

from local_aws.tests.iam_principals import policy, statement
from local_aws.tests.mqtt_devices import Device, connected, device_policy


@pytest.fixture(scope="module")
def device(aws):
    """Tests that change its certificate make a device of their own."""
    return Device(aws, device_policy(subscribe=True))


def test_a_device_publishes_on_its_own_topic_and_receives_what_it_subscribed_to(device):
    with device.connection() as connection:
        assert connection.next_event() == ("connected", 0)
        assert connection.subscribe(device.topic) == "subscribed"
        connection.start_publish(device.topic, b"\xff\x00")
        assert {connection.next_event()[0] for _ in range(2)} == {"acknowledged", "message"}


def test_a_client_without_a_certificate_is_refused(aws, device):
    with connected(aws, device.name, None) as connection:
        assert connection.next_event()[0] == "closed"


def test_a_certificate_that_is_not_registered_is_refused(aws, device, tmp_path):
    stranger = trustme.CA().issue_cert("device.example")
    files = tmp_path / "device.crt", tmp_path / "device.key"
    stranger.cert_chain_pems[0].write_to_path(files[0])
    stranger.private_key_pem.write_to_path(files[1])
    with connected(aws, device.name, files) as connection:
        assert connection.next_event()[0] == "closed"


def test_a_deleted_certificate_is_refused(aws):
    device, iot = Device(aws), aws.client("iot")
    iot.update_certificate(certificateId=device.certificate_id, newStatus="INACTIVE")
    iot.detach_thing_principal(thingName=device.name, principal=device.certificate_arn)
    iot.delete_certificate(certificateId=device.certificate_id, forceDelete=True)
    with device.connection() as connection:
        assert connection.next_event()[0] == "closed"


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_a_certificate_that_is_no_longer_active_ends_the_connection_and_refuses_the_next(aws, status):
    device = Device(aws)
    with device.connection() as connection:
        assert connection.next_event() == ("connected", 0)
        aws.client("iot").update_certificate(certificateId=device.certificate_id, newStatus=status)
        assert connection.next_event()[0] == "closed"
    with device.connection() as connection:
        assert connection.next_event()[0] == "closed"


def test_a_device_may_not_connect_as_another(aws, device):
    with device.connection(Device(aws).name) as connection:
        assert connection.next_event()[0] == "closed"


def test_a_certificate_that_is_not_attached_to_the_thing_has_no_thing_name(aws):
    with Device(aws, attached=False).connection() as connection:
        assert connection.next_event()[0] == "closed"


@pytest.mark.parametrize("topic", ["devices/thing-of-another/telemetry", "other", "$aws/events/x"])
def test_a_publish_on_another_topic_ends_the_connection(device, topic):
    with device.connection() as connection:
        assert connection.next_event() == ("connected", 0)
        assert connection.publish(topic, b"{}") == "closed"


def test_a_subscription_to_all_topics_ends_the_connection(device):
    with device.connection() as connection:
        assert connection.next_event() == ("connected", 0)
        assert connection.subscribe("#") == "closed"


def test_a_client_id_is_text_in_a_policy_variable_never_a_wildcard(aws):
    arn = "arn:aws:iot:us-east-1:000000000000"
    own_folder = statement("iot:Publish", f"{arn}:topic/devices/${{iot:ClientId}}/telemetry")
    device = Device(aws, policy(statement("iot:Connect"), own_folder))
    with device.connection("*") as connection:
        assert connection.next_event() == ("connected", 0)
        assert connection.publish("devices/thing-of-another/telemetry", b"{}") == "closed"


def test_limits_of_payload_topic_and_quality_of_service(aws):
    device = Device(aws, policy(statement(["iot:Connect", "iot:Publish"])))
    allowed = [("a/b", b"x" * 128 * 1024, 1), ("1/2/3/4/5/6/7/8", b"", 1)]
    for topic, payload, qos in allowed:
        with device.connection() as connection:
            connection.next_event()
            assert connection.publish(topic, payload, qos) == "acknowledged"
    beyond = [("a/b", b"x" * (128 * 1024 + 1), 1), ("1/2/3/4/5/6/7/8/9", b"", 1), ("a/b", b"", 2)]
    for topic, payload, qos in beyond:
        with device.connection() as connection:
            connection.next_event()
            assert connection.publish(topic, payload, qos) == "closed"
    with device.connection() as connection:
        connection.next_event()
        # QoS 3 is malformed.
        connection.send(b"\x36\x07\x00\x03a/b\x00\x01")
        assert connection.next_event()[0] == "closed"


def test_limit_of_the_client_id(aws):
    device = Device(aws, policy(statement("iot:Connect")))
    with device.connection("c" * 128) as connection:
        assert connection.next_event() == ("connected", 0)
    with device.connection("c" * 129) as connection:
        assert connection.next_event()[0] == "closed"


def test_a_second_connection_with_the_client_id_takes_over(device):
    with device.connection() as first:
        first.next_event()
        with device.connection() as second:
            assert second.next_event() == ("connected", 0)
            assert first.next_event()[0] == "closed"
