"""Messages that the topic rule could not put into the stream."""

import base64
import json

from chalicelib.pipeline.telemetry.decoding import decode
from chalicelib.pipeline.telemetry.model import Reading
from operations.dead_letters.rule_errors import Put, put_rule_errors

from common.redrive.queue import QueueMessage

NOW = 1_795_798_800_000
MESSAGE = {"id": "m-1", "time": NOW, "measurements": {"humidity": 40}}


class Places:
    """A queue and a stream."""

    def __init__(self, *documents):
        self.documents = documents
        self.records, self.deleted = [], []

    def messages(self, sent_before_ms):
        for number, document in enumerate(self.documents):
            yield QueueMessage(f"00000000-0000-4000-8000-{number:012d}", str(number), NOW, json.dumps(document))

    def delete(self, receipt):
        self.deleted.append(receipt)

    def put(self, records):
        self.records += records


def document(topic="devices/freezer-07/telemetry"):
    payload = base64.b64encode(json.dumps(MESSAGE).encode()).decode()
    return {"ruleName": "telemetry", "topic": topic, "base64OriginalPayload": payload, "failures": []}


def test_the_message_is_put_with_the_time_of_its_arrival_and_marked():
    places = Places(document())
    assert put_rule_errors(places, places, lambda: NOW + 1) == Put(put=1)
    ((key, data),) = places.records
    reading = decode(data)
    assert isinstance(reading, Reading)
    assert (key, reading.device_id, reading.message_id) == ("freezer-07", "freezer-07", "m-1")
    assert (reading.received_at_ms, reading.is_released) == (NOW, True)
    assert places.deleted == ["0"]


def test_other_documents_are_kept():
    places = Places({"reason": "another"}, document(topic="devices"))
    assert put_rule_errors(places, places, lambda: NOW) == Put(unreadable=2)
    assert (places.records, places.deleted) == ([], [])
