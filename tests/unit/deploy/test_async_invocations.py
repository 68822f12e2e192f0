"""Settings of asynchronous invocations in stages.yaml become PutFunctionEventInvokeConfig's arguments."""

from types import SimpleNamespace

import pytest

from deploy.errors import DeployError
from deploy.settings import AsyncInvocation
from deploy.steps import async_invocations
from deploy.steps.async_invocations import apply_async_invocations

QUEUE = "arn:aws:sqs:us-east-1:123456789012:undelivered"
NOT_FOUND = type("NotFound", (Exception,), {})


class Lambda:
    """One function, whose settings are as they were put."""

    exceptions = SimpleNamespace(ResourceNotFoundException=NOT_FOUND)

    def __init__(self):
        self.puts = []

    def get_function_event_invoke_config(self, FunctionName):  # noqa: N803 - botocore's name
        if not self.puts:
            raise NOT_FOUND
        return {**self.puts[-1], "DestinationConfig": {"OnSuccess": {}, **self.puts[-1]["DestinationConfig"]}}

    def put_function_event_invoke_config(self, **arguments):
        self.puts.append(arguments)


@pytest.fixture
def apply(monkeypatch):
    """Apply the settings of the functions that are given to a stage with one function, `store`."""
    monkeypatch.setattr(
        async_invocations, "deployed_functions", lambda app, target: {"store": {"FunctionName": "tiny-prod-store"}}
    )
    client = Lambda()

    def applied(**functions):
        app = SimpleNamespace(name="tiny", stage=lambda name: SimpleNamespace(async_invocations=functions))
        target = SimpleNamespace(stage="prod", client=lambda service: client)
        apply_async_invocations(app, target, {"DeadLettersArn": QUEUE}, SimpleNamespace(change=lambda text: None))
        return client.puts

    return applied


def test_settings_are_applied_once(apply):
    settings = AsyncInvocation(maximum_retry_attempts=1, on_failure_destination="DeadLettersArn")
    wanted = {
        "FunctionName": "tiny-prod-store",
        "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
    }
    assert apply(store=settings) == [wanted]
    assert apply(store=settings) == [wanted]


def test_an_unknown_function_is_named_in_the_error(apply):
    with pytest.raises(DeployError, match="names stores, which is not a function"):
        apply(stores=AsyncInvocation())
