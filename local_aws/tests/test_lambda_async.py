"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html and -async-retain-records.html."""

import json
import urllib.request

from local_aws.services.lambda_ import async_queue
from local_aws.testing import wait_until
from local_aws.tests.lambda_functions import create
from local_aws.tests.test_sns_deliveries import FAILS, PRINTS, DeadLetters, events

ANSWERS = "def handler(event, context): return {'seen': event}"


def invoke(function, event):
    function.invoke(event, InvocationType="Event", LogType="None")


def configure(function, **settings):
    function.aws.client("lambda").put_function_event_invoke_config(FunctionName=function.name, **settings)


def let_send(function, target):
    function.allow({"Action": ["sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction"], "Resource": target})


def test_a_success_is_recorded(aws):
    told, function = DeadLetters(aws), create(aws, ANSWERS)
    let_send(function, told.arn)
    configure(function, DestinationConfig={"OnSuccess": {"Destination": told.arn}})
    invoke(function, {"a": 1})
    record = json.loads(told.take()["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["requestPayload"] == {"a": 1}
    assert record["responsePayload"] == {"seen": {"a": 1}}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}


def test_a_dead_letter_queue_gets_the_event_and_a_destination_gets_a_record(aws):
    dead, told = DeadLetters(aws), DeadLetters(aws)
    function = create(aws, FAILS, DeadLetterConfig={"TargetArn": dead.arn})
    let_send(function, [dead.arn, told.arn])
    configure(function, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": told.arn}})
    invoke(function, {"a": 1})
    assert json.loads(dead.take()["Body"]) == {"a": 1}
    assert json.loads(told.take()["Body"])["requestPayload"] == {"a": 1}


def test_a_destination_can_be_a_function(aws):
    receiver, function = create(aws, PRINTS), create(aws, FAILS)
    arn = aws.client("lambda").get_function(FunctionName=receiver.name)["Configuration"]["FunctionArn"]
    let_send(function, arn)
    configure(function, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": arn}})
    invoke(function, {"a": 1})
    (record,) = wait_until(lambda: events(receiver), "the receiver was invoked")
    assert record["requestPayload"] == {"a": 1}


def test_a_role_that_may_not_send_loses_the_event(aws):
    dead, told = DeadLetters(aws), DeadLetters(aws)
    function = create(aws, FAILS, DeadLetterConfig={"TargetArn": dead.arn})
    let_send(function, told.arn)
    configure(function, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": told.arn}})
    invoke(function, {"a": 1})
    # The destination gets its record first.
    assert told.take()
    refusal = f"{function.role} is not allowed sqs:SendMessage on {dead.arn}"
    wait_until(lambda: refusal in aws.server_log.read_text(), "the dead letter is refused")
    assert "Messages" not in dead.sqs.receive_message(QueueUrl=dead.url)


def faults(aws, method, rule=None):
    body = json.dumps(rule).encode() if rule else None
    request = urllib.request.Request(f"{aws.endpoint_url}/_quartet/faults", body, method=method)
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request).close()


def test_a_throttled_event_is_tried_again(aws):
    function = create(aws, PRINTS)
    configure(function, MaximumRetryAttempts=0)
    faults(aws, "POST", {"function": function.name, "action": "throttle", "count": 2})
    invoke(function, {"a": 1})
    assert wait_until(lambda: events(function), "the event came back") == [{"a": 1}]


class Clock:
    """A clock that `sleep` moves."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_an_event_that_is_too_old_is_discarded(monkeypatch):
    clock, delivered = Clock(), []
    monkeypatch.setattr(async_queue, "time", clock)
    monkeypatch.setattr(async_queue.lambda_svc, "_execute_function", lambda function, event: {"throttle": True})
    monkeypatch.setattr(async_queue.AsyncInvocation, "_deliver", lambda self, *delivery: delivered.append(delivery))
    settings = {"MaximumEventAgeInSeconds": 60, "DestinationConfig": {"OnFailure": {"Destination": "told"}}}
    function = {"config": {"FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}}
    async_queue.AsyncInvocation({**function, "event_invoke_config": settings}, {"a": 1}, started=0.0).run()
    ((_, text, _),) = delivered
    context = json.loads(text)["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 0)
    assert 20 < clock.now <= 60
