"""The stream for operators, on a Kinesis that refuses calls beyond its limits."""

from operations.telemetry_stream import TelemetryStream

MEBIBYTE = 1024 * 1024


class FakeKinesis:
    """Takes 500 records and 10 MiB in a call; refuses the first record of the first call."""

    def __init__(self):
        self.data = []
        self.calls = 0

    def put_records(self, StreamName, Records):  # noqa: N803 - as boto3 names them
        assert 1 <= len(Records) <= 500
        assert sum(len(each["Data"]) + len(each["PartitionKey"]) for each in Records) <= 10 * MEBIBYTE
        self.calls += 1
        refused = 1 if self.calls == 1 else 0
        self.data += [each["Data"] for each in Records[refused:]]
        return {"Records": [{"ErrorCode": "Exceeded"}] * refused + [{}] * (len(Records) - refused)}


def put(data):
    kinesis = FakeKinesis()
    TelemetryStream(lambda: kinesis, "telemetry", sleep=lambda _: None).put([("device", each) for each in data])
    return kinesis


def test_many_records_are_put_in_calls_that_kinesis_takes():
    data = [b"%d" % number for number in range(1201)]
    assert sorted(put(data).data) == sorted(data)


def test_large_records_are_put_in_calls_that_kinesis_takes():
    data = [b"x" * (MEBIBYTE - 6)] * 12
    kinesis = put(data)
    assert kinesis.data == data
    # Three calls, and one for the record that was refused.
    assert kinesis.calls == 4


def test_nothing_is_put_for_no_records():
    assert put([]).calls == 0
