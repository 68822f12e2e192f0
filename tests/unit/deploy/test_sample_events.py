"""The events that `python -m deploy event` prints are those that Chalice and the apps' functions read."""

import base64
import json

import pytest
from chalice import app as chalice_app

from common.http.principals import principal
from deploy.apps import find_apps
from deploy.cli import main
from deploy.events.kinds import KINDS, sample
from tests import app_folder
from tests.apps import ROOT, load_app

APPS = find_apps(ROOT)
KIND_OF_SOURCE = {
    chalice_app.SQSEventConfig: "sqs",
    chalice_app.SNSEventConfig: "sns",
    chalice_app.S3EventConfig: "s3",
    chalice_app.DynamoDBEventConfig: "dynamodb",
    chalice_app.KinesisEventConfig: "kinesis",
    chalice_app.ScheduledEventConfig: "schedule",
}
# What AWS documents of each record, beside what Chalice reads.
DOCUMENTED = {
    "sqs": {"messageId", "attributes", "messageAttributes", "md5OfBody", "eventSource", "eventSourceARN", "awsRegion"},
    "sns": {"EventVersion", "EventSubscriptionArn", "EventSource", "Sns"},
    "s3": {"eventVersion", "eventSource", "awsRegion", "eventTime", "eventName", "userIdentity", "requestParameters"},
    "dynamodb": {"eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN"},
    "kinesis": {"kinesis", "eventSource", "eventVersion", "eventID", "eventName", "invokeIdentityArn", "awsRegion"},
}


@pytest.fixture(params=APPS, ids=lambda app: app.key)
def module(request, monkeypatch):
    """Each app's module, with names of resources that do not exist."""
    for name, value in app_folder.environment(request.param).items():
        monkeypatch.setenv(name, value)
    return load_app(request.param.key)


def read_by_chalice(handler, event):
    """What a function gets of an event, with every record read."""
    received = []
    handler.func, func = received.append, handler.func
    try:
        handler(event, None)
    finally:
        handler.func = func
    (one,) = received
    return [*one] if hasattr(one, "__iter__") else [one]


def test_every_function_reads_the_sample_of_its_source(module):
    for source in module.app.event_sources:
        event = sample(KIND_OF_SOURCE[type(source)])
        assert len(read_by_chalice(module.app.handler_map[source.name], event)) == 1


def test_every_route_that_needs_no_parameters_answers_the_sample_request(module):
    answer = module.app(sample("api", path="/config"), None)
    assert answer["statusCode"] == 200, answer
    answer = module.app(sample("api", path="/config?unknown=1"), None)
    assert answer["statusCode"] == 400, answer


def test_every_pure_function_has_a_sample():
    names = {function.name for app in APPS for function in pure_functions(app)}
    assert names >= {"transform"}
    record = sample("firehose", body="text")["records"][0]
    assert base64.b64decode(record["data"]) == b"text"


def pure_functions(app):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in app_folder.environment(app).items():
            patch.setenv(name, value)
        return load_app(app.key).app.pure_lambda_functions


@pytest.mark.parametrize("kind", DOCUMENTED)
def test_a_record_has_every_documented_field(kind):
    (record,) = sample(kind)["Records"]
    assert record.keys() >= DOCUMENTED[kind]


def test_a_request_has_the_users_claims_and_the_parameters_of_its_path():
    event = sample("api", path="/todos/7?x=1&x=2", resource="/todos/{todo_id}", user="alice", groups="authors,editors")
    assert event["pathParameters"] == {"todo_id": "7"}
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    caller = principal(event)
    assert (caller.sub, caller.groups) == ("alice", {"authors", "editors"})


def test_a_message_of_a_fifo_queue_has_its_group():
    (record,) = sample("sqs", source="arn:aws:sqs:eu-west-1:123456789012:q.fifo")["Records"]
    assert record["attributes"]["MessageGroupId"]
    assert record["awsRegion"] == "eu-west-1"


def test_a_key_is_encoded_as_s3_does():
    event = chalice_app.S3Event(sample("s3", key="a b/ü+.jpg"), None)
    assert event.key == "a b/ü+.jpg"


def test_the_command_prints_json(capsys):
    for kind in KINDS:
        assert main(["event", kind]) == 0
        json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["sqs", "--bucket", "b"], "event sqs takes no --bucket; it takes --body, --source"),
        (["dynamodb", "--body", "text"], "is not an item"),
        (["api", "--path", "/x", "--resource", "/todos/{todo_id}"], "does not belong"),
    ],
)
def test_a_wrong_option_is_named(capsys, arguments, reason):
    assert main(["event", *arguments]) == 1
    assert reason in capsys.readouterr().err.replace("\n", " ")
