"""Dead-letter redrive: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local_aws.services.sqs.message_moves import MoveTask
from local_aws.testing import wait_until
from local_aws.tests.iam_principals import User, policy, refused, statement


class Queue:
    """A queue of a test's own."""

    def __init__(self, aws, dead_letters=None):
        self.client = aws.client("sqs")
        redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 1} if dead_letters else None
        attributes = {"VisibilityTimeout": "0", **({"RedrivePolicy": json.dumps(redrive)} if redrive else {})}
        self.url = self.client.create_queue(QueueName=f"q-{uuid.uuid4().hex[:12]}", Attributes=attributes)["QueueUrl"]

    @property
    def arn(self):
        answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]

    def send(self, *texts):
        for text in texts:
            self.client.send_message(QueueUrl=self.url, MessageBody=text)

    def receive(self):
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return {message["Body"]: message for message in answer.get("Messages", [])}

    def fail(self, *texts):
        """Send messages that end in the dead-letter queue."""
        self.send(*texts)
        self.receive()
        assert self.receive() == {}


@pytest.fixture
def dead_letters(aws):
    return Queue(aws)


def start(queue, client=None, **options):
    return (client or queue.client).start_message_move_task(SourceArn=queue.arn, **options)["TaskHandle"]


def finished(queue):
    def task():
        (newest,) = queue.client.list_message_move_tasks(SourceArn=queue.arn)["Results"]
        return newest if newest["Status"] not in ("RUNNING", "CANCELLING") else None

    return wait_until(task, "the end of the task")


def test_messages_go_back_to_the_queues_they_came_from(aws, dead_letters):
    one, other = Queue(aws, dead_letters), Queue(aws, dead_letters)
    one.fail("a", "b")
    other.fail("c")
    start(dead_letters)
    task = finished(dead_letters)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 3)
    assert "TaskHandle" not in task
    back = one.receive()
    assert sorted(back) == ["a", "b"]
    assert back["a"]["Attributes"]["ApproximateReceiveCount"] == "1"
    assert list(other.receive()) == ["c"]
    assert dead_letters.receive() == {}


def test_messages_go_to_the_destination(aws, dead_letters):
    Queue(aws, dead_letters).fail("a")
    dead_letters.send("of another service")
    destination = Queue(aws)
    start(dead_letters, DestinationArn=destination.arn)
    assert finished(dead_letters)["DestinationArn"] == destination.arn
    assert sorted(destination.receive()) == ["a", "of another service"]


def test_a_message_of_unknown_origin_fails_the_task_and_stays(aws, dead_letters):
    Queue(aws, dead_letters)
    dead_letters.send("of another service")
    start(dead_letters)
    task = finished(dead_letters)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert list(dead_letters.receive()) == ["of another service"]


def test_a_task_is_cancelled_and_only_one_runs_for_a_queue(aws, dead_letters):
    source = Queue(aws, dead_letters)
    source.fail(*(str(number) for number in range(9)))
    handle = start(dead_letters, MaxNumberOfMessagesPerSecond=1)
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*already a task running"):
        start(dead_letters)
    moved = dead_letters.client.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert moved < 9
    assert finished(dead_letters)["Status"] == "CANCELLED"
    with pytest.raises(ClientError, match=r"UnsupportedOperation.*active"):
        dead_letters.client.cancel_message_move_task(TaskHandle=handle)


def test_a_rate_limits_each_step():
    task = MoveTask("source", None, per_second=50, to_move=100, started_at=1000.0)
    assert task.size_of_step(1001.0) == 55
    task.moved = 50
    assert task.size_of_step(1001.0) == 5


def test_wrong_queues_are_refused(aws, dead_letters):
    plain = Queue(aws)
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*Dead Letter Queue"):
        start(plain)
    Queue(aws, dead_letters)
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*DestinationArn"):
        start(dead_letters, DestinationArn=plain.arn + "x")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        plain.client.cancel_message_move_task(TaskHandle="none")


def test_the_caller_needs_the_permissions_of_the_move(aws, dead_letters):
    source = Queue(aws, dead_letters)
    own = ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    may_not_send = User(aws, policy(statement(own, dead_letters.arn)))
    assert refused(start, dead_letters, may_not_send.client("sqs"))
    may_start_only = User(aws, policy(statement(own[:1]), statement("sqs:SendMessage")))
    assert refused(start, dead_letters, may_start_only.client("sqs"))
    allowed = User(aws, policy(statement(own, dead_letters.arn), statement("sqs:SendMessage", source.arn)))
    start(dead_letters, allowed.client("sqs"))
