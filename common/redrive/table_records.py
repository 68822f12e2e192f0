"""Reads the records of a table's stream as its function gets them, and invokes the function with them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from common.redrive.queue import Letter

Event = dict[str, Any]
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB; a record may have 1 MB.
MOST_BYTES = 4 * 1024 * 1024
MOST_PAGES = 100


class TableRecords:
    """Records of the streams of DynamoDB tables; `make_client` makes a client of one service."""

    def __init__(self, make_client: Callable[[str], Any]) -> None:
        self._make_client = make_client

    def read(self, letter: Letter) -> list[Event]:
        """Read the records of a letter that are still in their stream."""
        return list(self._changes(letter))

    def handle(self, letter: Letter, records: Sequence[Event]) -> bool:
        """Invoke the stream's function with all records, in their order; stops when some fail."""
        function = self._function(letter.stream_arn)
        return all(self.invoke(function, {"Records": part}) for part in _parts(records))

    def invoke(self, function: str, event: Any) -> bool:
        """Invoke a function; returns whether it has handled the event. One that is busy has not."""
        client = self._make_client("lambda")
        try:
            answer = client.invoke(FunctionName=function, Payload=msgspec.json.encode(event))
        except client.exceptions.TooManyRequestsException:
            return False
        response = msgspec.json.decode(answer["Payload"].read())
        return "FunctionError" not in answer and not (response or {}).get("batchItemFailures")

    def _function(self, stream_arn: str) -> str:
        client = self._make_client("lambda")
        (mapping,) = client.list_event_source_mappings(EventSourceArn=stream_arn)["EventSourceMappings"]
        return str(mapping["FunctionArn"])

    def _changes(self, letter: Letter) -> Iterator[Event]:
        client = self._make_client("dynamodbstreams")
        try:
            iterator = client.get_shard_iterator(
                StreamArn=letter.stream_arn,
                ShardId=_shard_of(client, letter),
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=letter.first,
            )["ShardIterator"]
        except client.exceptions.TrimmedDataAccessException:
            return
        # A page may be empty before the end of an open shard, which has no last page.
        for _ in range(MOST_PAGES):
            answer = client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                if int(record["dynamodb"]["SequenceNumber"]) > int(letter.last):
                    return
                yield {**_plain(record), "eventSourceARN": letter.stream_arn}
                if record["dynamodb"]["SequenceNumber"] == letter.last:
                    return
            iterator = answer.get("NextShardIterator")
            if not iterator:
                return


def _shard_of(client: Any, letter: Letter) -> str:
    """The shard of a table's stream that has the letter's records; a function's own letter does not name it."""
    shards = client.describe_stream(StreamArn=letter.stream_arn)["StreamDescription"]["Shards"]
    if any(shard["ShardId"] == letter.shard_id for shard in shards):
        return letter.shard_id
    starts = [(int(shard["SequenceNumberRange"]["StartingSequenceNumber"]), shard["ShardId"]) for shard in shards]
    return str(max(start for start in starts if start[0] <= int(letter.first))[1])


def _parts(records: Sequence[Event]) -> Iterator[list[Event]]:
    """Divide records so that each part fits into one invocation."""
    part: list[Event] = []
    size = 0
    for record in records:
        record_size = len(msgspec.json.encode(record))
        if part and size + record_size > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(record)
        size += record_size
    if part:
        yield part


def _plain(value: Any) -> Any:
    """A record of the API as JSON has it: times are numbers."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
