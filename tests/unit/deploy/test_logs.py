"""`logs` prints every line once, even if a log group is deleted or out of reach."""

import itertools

import pytest
from botocore.exceptions import EndpointConnectionError

from deploy.reports.logs import LogReader

PREFIX = "/aws/lambda/tiny-prod"
SINCE_MS = 1_000


class Target:
    """Log groups that may be deleted, or out of reach, after they were listed."""

    stage = "prod"
    is_local = False

    class exceptions:  # noqa: N801 - the name that a botocore client has
        class ResourceNotFoundException(Exception):
            """The log group is gone."""

    def __init__(self) -> None:
        self.events = {f"{PREFIX}-a": ["of a"], f"{PREFIX}-b": ["of b"], f"{PREFIX}-c": ["of c"]}
        self.failures: dict[str, Exception] = {}
        self.reads = 0
        self.time_ms = SINCE_MS
        self.read_from_ms = 0

    def client(self, service: str) -> "Target":
        return self

    def get_paginator(self, operation: str) -> "Target":
        return self

    def paginate(self, logGroupName: str = "", startTime: int = 0, logGroupNamePrefix: str = ""):  # noqa: N803
        if not logGroupName:
            yield {"logGroups": [{"logGroupName": name} for name in self.events]}
            return
        self.reads += 1
        self.read_from_ms = startTime
        if failure := self.failures.get(logGroupName):
            raise failure
        for text in self.events[logGroupName]:
            event = {"eventId": text, "timestamp": self.time_ms, "logStreamName": "1", "message": text}
            yield {"events": [event]}


@pytest.fixture
def target():
    return Target()


@pytest.fixture
def reader(app, target):
    return LogReader([app], target, SINCE_MS)


def texts(reader: LogReader) -> list[str]:
    return [text for _, _, _, text in reader.new_lines()]


def test_a_line_is_read_once(reader):
    assert texts(reader) == ["of a", "of b", "of c"]
    assert texts(reader) == []


def test_a_log_group_that_is_deleted_while_reading_is_skipped(reader, target):
    target.failures = {f"{PREFIX}-b": target.exceptions.ResourceNotFoundException()}
    assert texts(reader) == ["of a", "of c"]
    target.failures = {}
    assert texts(reader) == ["of b"]


def test_lines_read_before_a_failure_are_not_lost(reader, target):
    target.failures = {f"{PREFIX}-b": EndpointConnectionError(endpoint_url="http://any")}
    with pytest.raises(EndpointConnectionError):
        reader.new_lines()
    target.failures = {}
    assert texts(reader) == ["of a", "of b", "of c"]


@pytest.mark.parametrize(("is_local", "seconds"), [(False, 10), (True, 2)])
def test_only_the_last_seconds_are_read_again(reader, target, is_local, seconds):
    target.is_local, target.time_ms = is_local, SINCE_MS + 60_000
    for _ in range(2):
        reader.new_lines()
    assert target.read_from_ms == target.time_ms - seconds * 1000


def looked(reader: LogReader, times: int) -> list[list[str]]:
    """The lines of each look."""
    return [[text for _, _, _, text in reader.look()] for _ in range(times)]


def test_every_group_is_read_within_five_looks(reader):
    assert sorted(itertools.chain(*looked(reader, 5))) == ["of a", "of b", "of c"]
    assert looked(reader, 5) == [[]] * 5


def test_a_group_whose_lines_come_is_read_at_each_look(reader, target):
    looked(reader, 5)
    for number in range(8):
        target.events[f"{PREFIX}-a"] = [f"line {number}"]
        assert looked(reader, 1) == [[f"line {number}"]]


def test_a_quiet_group_is_read_at_each_fifth_look(reader, target):
    looked(reader, 40)
    before = target.reads
    looked(reader, 10)
    assert target.reads - before == 2 * len(target.events)


def test_a_new_group_is_read_within_ten_looks(reader, target):
    looked(reader, 5)
    target.events[f"{PREFIX}-d"] = ["of d"]
    assert list(itertools.chain(*looked(reader, 10))) == ["of d"]


def test_the_region_is_named_if_the_app_has_two(app, target):
    target.region = "us-west-2"
    stages = app.folder / "stages.yaml"
    stages.write_text(stages.read_text().replace("  prod:", "  prod:\n    regions: [us-east-1, us-west-2]"))
    labels = {label for _, _, label, _ in LogReader([app], target, SINCE_MS).new_lines()}
    assert labels == {f"tiny-prod-{name} us-west-2" for name in "abc"}
