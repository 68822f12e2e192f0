"""What a rule's SELECT and its substitution templates make of a message, without a server."""

import base64
import json
import uuid

import pytest

from local_aws.services.iot.rules.expressions import new_uuid
from local_aws.services.iot.rules.message import Message
from local_aws.services.iot.rules.statements import NoValue, filled
from local_aws.services.iot.rules.statements import selected as select_from

READING = {"a": 1, "b": {"c": [True, None]}, "text": "x"}


def selected(select: str, payload: bytes = json.dumps(READING).encode()) -> object:
    message = Message("devices/one/telemetry", payload, "client")
    return select_from(f"SELECT {select} FROM 'devices/+/telemetry'", message)


@pytest.mark.parametrize(
    ("select", "value"),
    [
        ("*", READING),
        ("*, topic(2) AS device", {**READING, "device": "one"}),
        ("encode(*, 'base64') AS payload", {"payload": base64.b64encode(json.dumps(READING).encode()).decode()}),
        ("ENCODE( * , 'BASE64' ) AS payload", {"payload": base64.b64encode(json.dumps(READING).encode()).decode()}),
        ("encode(text, 'base64') AS text", {"text": "eA=="}),
        (
            "topic() AS whole, topic( 3 ) AS last, topic(4) AS none, topic(0) AS zero",
            {"whole": "devices/one/telemetry", "last": "telemetry"},
        ),
        ("b.c, missing, clientid() AS client", {"c": [True, None], "client": "client"}),
        ("a + 1 AS more, 'topic(2)' AS literal", {"more": 2, "literal": "topic(2)"}),
    ],
)
def test_select(select: str, value: object):
    assert selected(select) == value


def test_a_payload_is_parsed_only_for_a_rule_that_looks_into_it():
    message = Message("devices/one/telemetry", b"[" * 100_000, "client")
    assert select_from("SELECT encode(*, 'base64') AS payload, topic(2) AS device FROM 'a'", message)["device"] == "one"
    assert "document" not in vars(message)


def test_templates_have_the_values_of_expressions():
    message = Message("devices/one/telemetry", b'{"a": 1}', None)
    assert filled("x-${topic(2)}-${a}", message) == "x-one-1"
    with pytest.raises(NoValue):
        filled("${topic(9)}", message)


def test_uuids_are_random_and_of_version_4():
    made = {new_uuid() for _ in range(1000)}
    assert len(made) == 1000
    assert {uuid.UUID(text).version for text in made} == {4}
    assert {uuid.UUID(text).variant for text in made} == {uuid.RFC_4122}
    assert all(str(uuid.UUID(text)) == text for text in made)
