"""Reads the records of a Kinesis stream, or of a table's stream, as its function gets them."""

import base64

from common.redrive.queue import Letter
from common.redrive.table_records import Event, TableRecords
from operations.telemetry_stream import StreamRecord, TelemetryStream

_KINESIS_STREAM = ":kinesis:"


class StreamRecords(TableRecords):
    """Records of streams of both services."""

    def read(self, letter: Letter) -> list[Event]:
        """Read the records of a letter that are still in their stream."""
        if _KINESIS_STREAM not in letter.stream_arn:
            return super().read(letter)
        name = letter.stream_arn.rpartition("/")[2]
        stream = TelemetryStream(lambda: self._make_client("kinesis"), name)
        records = stream.between(letter.shard_id, letter.first, letter.last)
        return [_kinesis_event(record, letter.stream_arn) for record in records]


def _kinesis_event(record: StreamRecord, stream_arn: str) -> Event:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": record.sequence,
            "data": base64.b64encode(record.data).decode(),
            "approximateArrivalTimestamp": record.arrived_at_ms / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{record.shard_id}:{record.sequence}",
        "eventName": "aws:kinesis:record",
        "eventSourceARN": stream_arn,
    }
