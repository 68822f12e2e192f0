"""Log streams and groups keep their newest events."""

import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from ministack.services import cloudwatch_logs

from local_aws.services.logs import limits
from local_aws.services.logs.limits import GROUP_EVENTS, GROUP_STREAMS, STREAM_EVENTS


@pytest.fixture
def group(aws):
    logs, name = aws.client("logs"), f"g{uuid.uuid4().hex[:10]}"
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


def write(logs, group: str, stream: str, count: int) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": f"{stream} {number}"} for number in range(count)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def streams(logs, group: str) -> set[str]:
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
    return {stream["logStreamName"] for page in pages for stream in page["logStreams"]}


def test_a_stream_keeps_its_newest_events(aws, group):
    logs = aws.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="only")
    for _ in range(2):
        write(logs, group, "only", STREAM_EVENTS // 2 + 100)
    newest = logs.get_log_events(logGroupName=group, logStreamName="only", limit=1)["events"][0]
    assert newest["message"] == f"only {STREAM_EVENTS // 2 + 99}"
    oldest = logs.get_log_events(logGroupName=group, logStreamName="only", limit=1, startFromHead=True)["events"][0]
    assert oldest["message"] == "only 200"


def test_a_group_keeps_its_newest_streams(aws, group):
    logs = aws.client("logs")
    for number in range(GROUP_STREAMS + 5):
        logs.create_log_stream(logGroupName=group, logStreamName=f"s{number}")
    assert streams(logs, group) == {f"s{number}" for number in range(5, GROUP_STREAMS + 5)}


def test_a_group_with_too_many_events_deletes_its_oldest_streams(aws, group):
    logs = aws.client("logs")
    enough = GROUP_EVENTS // STREAM_EVENTS
    for number in range(enough + 2):
        logs.create_log_stream(logGroupName=group, logStreamName=f"s{number}")
        write(logs, group, f"s{number}", STREAM_EVENTS)
    assert streams(logs, group) == {f"s{number}" for number in range(1, enough + 2)}


def test_several_threads_can_create_streams_at_one_time():
    """The server's threads write log lines, each to its own stream."""
    create = partial(limits._create_and_forget, cloudwatch_logs._create_log_stream)
    group = f"g{uuid.uuid4().hex[:10]}"
    cloudwatch_logs._create_log_group({"logGroupName": group})
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as pool:
            made = [
                pool.submit(create, {"logGroupName": group, "logStreamName": f"s{number}"}) for number in range(1000)
            ]
        assert {response.result()[0] for response in made} == {200}
        assert len(cloudwatch_logs._log_groups[group]["streams"]) == GROUP_STREAMS
    finally:
        sys.setswitchinterval(before)
        cloudwatch_logs._delete_log_group({"logGroupName": group})
