"""The parts of Amazon Data Firehose that need no server."""

import base64
import json
from datetime import UTC, datetime

import pytest

from local_aws.services.firehose import prefixes
from local_aws.services.firehose.buffers import Buffers, Progress
from local_aws.services.firehose.partitions import MAX_ACTIVE, Partitions
from local_aws.services.firehose.records import OutputRecord, Position, SourceRecord
from local_aws.services.firehose.responses import MAX_PAYLOAD_BYTES, BatchFailed, Outcome, outcome_of
from local_aws.sql.parquet import Converter

NOON = datetime(2018, 8, 27, 10, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        # https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html#s3-prefix-examples
        ("year=!{timestamp:yyyy}/month=!{timestamp:MM}/hour=!{timestamp:HH}/", "year=2018/month=08/hour=10/"),
        ("!{timestamp:'year='yyyy'/month='MM'/day='dd'/hour='HH}/x", "year=2018/month=08/day=27/hour=10/x"),
        ("!{timestamp:yyyy-MM-dd'T'HH:mm:ss}", "2018-08-27T10:30:00"),
        ("!{timestamp:HH'o''clock'}", "10o'clock"),
        ("day=!{partitionKeyFromLambda:day}/", "day=monday/"),
        ("e/!{firehose:error-output-type}/", "e/processing-failed/"),
        ("plain/", "plain/"),
    ],
)
def test_the_expressions_of_a_prefix_are_evaluated(prefix, expected):
    assert prefixes.problem_of(prefix) == ""
    assert prefixes.evaluated(prefix, NOON, {"day": "monday"}, "processing-failed") == expected


@pytest.mark.parametrize(
    "prefix", ["!{timestamp:YYYY}", "!{timestamp:MMM}", "!{nothing:x}", "!{firehose:x}", "a!{", "!{timestamp:yyyy"]
)
def test_an_invalid_expression_is_refused(prefix):
    assert prefixes.problem_of(prefix)


def source_record(sequence: int, shard: str = "shard-1") -> SourceRecord:
    return SourceRecord(Position(shard, sequence), base64.b64encode(b"{}").decode(), NOON, "key")


def result(record: SourceRecord, **changes):
    return {"recordId": record.id, "result": "Ok", "data": base64.b64encode(b"data").decode(), **changes}


RECORDS = [source_record(1), source_record(2)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "Lambda.FunctionError"),
        ("text", "Lambda.FunctionError"),
        ({}, "Lambda.FunctionError"),
        ({"records": {}}, "Lambda.FunctionError"),
        ({"records": [result(RECORDS[0]), "x"]}, "Lambda.FunctionError"),
        ({"records": [result(RECORDS[0], result="ok")]}, "Lambda.FunctionError"),
        ({"records": [result(RECORDS[0], data=None)]}, "Lambda.FunctionError"),
        ({"records": [result(RECORDS[0], data="=no base64=")]}, "Lambda.FunctionError"),
        ({"records": [result(RECORDS[0], data="A" * MAX_PAYLOAD_BYTES)]}, "Lambda.FunctionError"),
        ({"records": [result(RECORDS[0]), result(RECORDS[0])]}, "Lambda.DuplicatedRecordId"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_invalid_response_fails_the_batch(body, code):
    with pytest.raises(BatchFailed) as failure:
        outcome_of(RECORDS, body, [])
    assert failure.value.code == code


def test_unknown_record_ids_are_ignored_and_missing_ones_fail():
    body = {"records": [result(RECORDS[0]), result(source_record(9))]}
    outcome = outcome_of(RECORDS, body, [])
    assert [record.data for record in outcome.delivered] == [b"data"]
    assert [(record.source, record.code) for record in outcome.failed] == [(RECORDS[1], "Lambda.MissingRecordId")]


def output(sequence: int, *partition: str) -> OutputRecord:
    return OutputRecord(source_record(sequence).without_data(), b"x" * 10, partition)


def test_a_partition_is_due_by_its_size_or_its_age():
    now = [0.0]
    partitions = Partitions(lambda: now[0])
    assert partitions.next_due(20, 60) is None
    partitions.add([output(1, "a")])
    now[0] = 1
    partitions.add([output(2, "b"), output(3, "b")])
    assert partitions.next_due(20, 60) == (("b",), 0)
    del partitions.active["b",]
    assert partitions.next_due(20, 60) == (("a",), 59)
    partitions.note_failure(("a",))
    now[0] = 60
    assert partitions.next_due(20, 60) == (("a",), 0)


def test_records_of_more_partitions_than_the_limit_fail():
    buffers = Buffers({"shard-1": 0})
    records = [source_record(number) for number in range(1, MAX_ACTIVE + 2)]
    outcome = Outcome([output(record.position.sequence, str(record.position.sequence)) for record in records])
    (failed,) = buffers.accept(records, outcome)
    assert failed.source == records[-1]
    assert failed.code == "DynamicPartitioning.ActivePartitionLimitExceeded"
    assert buffers.accept([source_record(900)], Outcome([output(900, "1")])) == []


def test_the_checkpoint_is_before_the_oldest_record_that_is_not_settled():
    progress = Progress({"a": 5, "b": 0})
    progress.begin([Position("a", 7), Position("a", 8), Position("b", 3), Position("a", 9)])
    progress.settle([Position("a", 8), Position("b", 3)])
    assert progress.checkpoints() == {"a": 6, "b": 3}
    progress.settle([Position("a", 7)])
    assert progress.checkpoints() == {"a": 8, "b": 3}
    progress.settle([Position("a", 9)])
    assert progress.checkpoints() == progress.read == {"a": 9, "b": 3}


def saved_and_loaded(buffers: Buffers, *, with_records: bool):
    return json.loads(json.dumps(buffers.saved(with_records=with_records)))


def test_a_save_at_the_stop_has_the_records_and_reading_goes_on_after_them():
    buffers = Buffers({"shard-1": 0})
    buffers.accept([source_record(number) for number in (1, 2, 3)], Outcome([output(1, "b"), output(3, "a")]))
    state = saved_and_loaded(buffers, with_records=True)
    restored = Buffers(state["positions"])
    restored.restore(state)
    assert restored.progress.read == {"shard-1": 3}
    assert restored.progress.checkpoints() == {"shard-1": 0}
    assert restored.partitions.active["a",].records == [output(3, "a")]
    restored.delivered(("b",))
    assert restored.progress.checkpoints() == {"shard-1": 2}


def test_a_save_before_that_has_the_position_from_which_the_records_are_read_again():
    buffers = Buffers({"shard-1": 0})
    buffers.accept([source_record(number) for number in (1, 2, 3)], Outcome([output(2, "a")]))
    assert saved_and_loaded(buffers, with_records=False) == {"positions": {"shard-1": 1}}
    buffers.delivered(("a",))
    assert saved_and_loaded(buffers, with_records=False) == {"positions": {"shard-1": 3}}


def test_records_that_do_not_fit_the_columns_are_found():
    columns = [("text", "string"), ("n", "bigint"), ("x", "double"), ("at", "timestamp"), ("d", "decimal(5,2)")]
    good = [
        b'{"text": "a", "n": 1, "x": 1, "at": "2026-11-27 17:00:00", "d": 1.25, "other": []}',
        b'{\n"at": "2026-11-27T17:00:00.5Z"\n}\n',
        b"{}",
    ]
    wrong = [
        b"",
        b"null",
        b"[1]",
        b"{} {}",
        b"nonsense",
        b'{"x": "high"}',
        b'{"x": NaN}',
        b'{"n": 1e30}',
        b'{"at": "2026-11-27T17:00:00+02:00"}',
        b'{"at": "2026-02-30 17:00:00"}',
        b'{"d": 12345.6}',
        b'{"text": "\xff"}',
    ]
    body, found = Converter(columns, "snappy").convert([*good, *wrong])
    assert body.startswith(b"PAR1")
    assert found == list(range(len(good), len(good) + len(wrong)))
    assert Converter(columns, "snappy").convert(wrong) == (b"", list(range(len(wrong))))
