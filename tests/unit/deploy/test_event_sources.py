"""Settings of event sources in stages.yaml become UpdateEventSourceMapping's arguments."""

import json
from types import SimpleNamespace

import pytest

from deploy.errors import DeployError
from deploy.steps import event_sources
from deploy.steps.event_sources import apply_event_sources

QUEUE = "arn:aws:sqs:us-east-1:123456789012:undelivered"


class Lambda:
    """A mapping that is still being created when it is read twice, and then is enabled."""

    def __init__(self):
        self.states = ["Creating", "Creating"]
        self.updates = []

    def get_event_source_mapping(self, **arguments):
        return {"State": self.states.pop() if self.states else "Enabled"}

    def update_event_source_mapping(self, **arguments):
        assert not self.states, "the mapping is in use"
        self.updates.append(arguments)


@pytest.fixture
def applied(app, monkeypatch):
    """What is updated of one mapping, when it has these settings."""
    monkeypatch.setattr(event_sources.time, "sleep", lambda seconds: None)

    def apply(function="announce_notes", **mapping):
        found = {function: [{"UUID": "u", **mapping}], "store_notes": []}
        monkeypatch.setattr(event_sources, "event_source_mappings", lambda app, target: found)
        client = Lambda()
        target = SimpleNamespace(stage="prod", is_local=True, client=lambda service: client)
        progress = SimpleNamespace(change=lambda text: None)
        apply_event_sources(app, target, {"UnannouncedArn": QUEUE}, progress)
        return client.updates

    return apply


def test_settings_without_a_decorator_are_applied(applied):
    assert applied(BatchSize=10) == [
        {
            "UUID": "u",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 1,
            "MaximumRecordAgeInSeconds": 3600,
            "ParallelizationFactor": 2,
            "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT"]})}]},
        }
    ]


def test_only_what_differs_is_changed(applied):
    (everything,) = applied()
    everything.pop("UUID")
    assert applied(**everything) == []
    assert applied(**{**everything, "MaximumRetryAttempts": -1}) == [{"UUID": "u", "MaximumRetryAttempts": 1}]


def test_a_function_without_an_event_source_is_named_in_the_error(applied):
    with pytest.raises(DeployError, match="announce_notes"):
        applied("another")
