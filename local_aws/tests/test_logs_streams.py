"""Streams can be added while they are read, and are saved with the state."""

import copy
import json

from local_aws.services.logs.streams import Streams
from local_aws.tests.lambda_functions import create


def test_streams_can_be_added_while_they_are_read():
    for read in (Streams.keys, Streams.values, Streams.items, iter):
        streams = Streams(first=1, second=2)
        seen = 0
        for _ in read(streams):
            streams[f"new{len(streams)}"] = 3
            seen += 1
        assert seen == 2


def test_streams_are_saved_with_the_state():
    streams = Streams(first={"events": []})
    assert json.loads(json.dumps(copy.deepcopy(streams))) == {"first": {"events": []}}
    assert list(reversed(streams)) == ["first"]


def test_the_stream_of_an_invocation_is_found(aws):
    function = create(aws, "def handler(event, context):\n    return context.log_stream_name\n")
    logs = aws.client("logs")
    stream = function.invoke().payload
    found = logs.describe_log_streams(logGroupName=f"/aws/lambda/{function.name}")["logStreams"]
    assert [log_stream["logStreamName"] for log_stream in found] == [stream]
