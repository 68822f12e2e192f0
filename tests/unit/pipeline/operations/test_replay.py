"""Replay, with a stream in memory."""

import json
from dataclasses import dataclass, field

from chalicelib.pipeline.telemetry.decoding import decode
from operations.replay import Replayed, replay
from operations.telemetry_stream import StreamRecord


@dataclass
class Stream:
    records: list[StreamRecord]
    puts: list[list[tuple[str, bytes]]] = field(default_factory=list)

    def arrived(self, since_ms, until_ms):
        return [record for record in self.records if since_ms <= record.arrived_at_ms < until_ms]

    def put(self, records):
        self.puts.append(list(records))
        self.records += [StreamRecord("shard", "9", key, 1000, data) for key, data in records]


def record(at, data, key="device"):
    return StreamRecord("shard", str(at), key, at, data if isinstance(data, bytes) else json.dumps(data).encode())


def test_what_arrived_in_the_time_is_put_again_with_the_time_of_its_release():
    stream = Stream([record(1, {"source_id": "a"}), record(2, {"source_id": "b"}), record(3, {"source_id": "c"})])
    assert replay(stream, 2, 3, lambda: 500) == Replayed(put=1)
    ((key, data),) = stream.puts[0]
    assert key == "device"
    assert json.loads(data) == {"source_id": "b", "released_at": 500}
    assert decode(data).is_released
    assert not decode(b'{"source_id": "b"}').is_released


def test_a_second_replay_puts_each_message_once_more_and_not_twice():
    stream = Stream([record(1, {"source_id": "a"})])
    replay(stream, 0, 10_000, lambda: 500)
    assert replay(stream, 0, 10_000, lambda: 2000) == Replayed(put=1, released=1)


def test_a_record_that_is_no_envelope_is_left_out():
    deep = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    stream = Stream([record(1, b"{"), record(1, b"[1]"), record(1, deep), record(2, {"source_id": "a"})])
    assert replay(stream, 0, 10, lambda: 500) == Replayed(put=1, unreadable=3)


def test_many_records_are_put_in_calls_that_kinesis_takes():
    stream = Stream([record(1, {"source_id": str(number)}) for number in range(1201)])
    assert replay(stream, 0, 10, lambda: 500).put == 1201
    assert [len(put) for put in stream.puts] == [500, 500, 201]
