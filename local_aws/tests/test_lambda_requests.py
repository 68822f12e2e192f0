"""Limits of Invoke: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and API_Invoke."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.lambda_functions import create

MB = 1024 * 1024


@pytest.fixture(scope="module")
def length(aws):
    return create(aws, "def handler(event, context): return len(event)", MemorySize=512)


@pytest.mark.parametrize(("invocation", "limit"), [("RequestResponse", 6 * MB), ("Event", MB)])
def test_a_payload_over_the_limit_is_413(length, invocation, limit):
    with pytest.raises(ClientError) as refusal:
        length.invoke(Payload=json.dumps("x" * limit).encode(), InvocationType=invocation)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert refusal.value.response["Error"]["Code"] == "RequestEntityTooLargeException"


def test_a_payload_of_exactly_the_limit_is_accepted(length):
    assert length.invoke(Payload=json.dumps("x" * (6 * MB - 2)).encode()).payload == 6 * MB - 2
    asynchronous = length.invoke(Payload=json.dumps("x" * (MB - 2)).encode(), InvocationType="Event")
    assert asynchronous.status == 202


def test_a_response_over_the_limit_is_an_error_of_the_function(aws):
    function = create(aws, "def handler(event, context): return 'x' * event", MemorySize=512)
    response = function.invoke(6 * MB + 200)
    assert response.error == "Unhandled"
    assert response.payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(function.invoke(6 * MB - 2).payload) == 6 * MB - 2


def test_a_payload_that_is_not_json_is_400(length):
    with pytest.raises(ClientError) as refusal:
        length.invoke(Payload=b"{not json")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert refusal.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_a_dry_run_runs_nothing(aws):
    function = create(aws, "def handler(event, context): return 1")
    assert function.invoke(InvocationType="DryRun", LogType="None").status == 204
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function.name}")
    assert groups["logGroups"] == []
