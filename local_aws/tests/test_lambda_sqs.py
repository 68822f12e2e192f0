"""A queue as a function's event source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html."""

import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from local_aws.services.lambda_.sqs_batches import failed_ids
from local_aws.testing import wait_until
from local_aws.tests.lambda_functions import create

# Tells the queue named in its environment about every batch, then does what the messages say.
WORKER = """
    import json, os, time, boto3
    sqs = boto3.client("sqs")
    def handler(event, context):
        bodies = [record["body"] for record in event["Records"]]
        seen = [[record["body"], record["attributes"]["ApproximateReceiveCount"]] for record in event["Records"]]
        sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(seen))
        if "crash" in bodies:
            raise RuntimeError("crash")
        if "slow" in bodies:
            time.sleep(1)
        if "answer null" in bodies:
            return {"batchItemFailures": None}
        if "answer nonsense" in bodies:
            return {"batchItemFailures": [{"itemIdentifier": ""}]}
        return {"batchItemFailures": [
            {"itemIdentifier": record["messageId"]} for record in event["Records"] if record["body"] == "fail"
        ]}
    """


class Queue:
    """A queue of a test's own."""

    def __init__(self, aws, **attributes):
        self.sqs = aws.client("sqs")
        self.url = self.sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:12]}", Attributes=attributes)["QueueUrl"]
        self.arn = self._attributes("QueueArn")["QueueArn"]

    def _attributes(self, *names):
        return self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]

    def send(self, *bodies):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def size(self):
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(count) for count in self._attributes(*names).values())

    def receive(self):
        """Take the next message."""
        (message,) = wait_until(self._received, "a message")
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return message["Body"]

    def _received(self):
        return self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=10, MaxNumberOfMessages=1).get("Messages")


class Consumer:
    """A function that consumes `queue` and reports each batch to `seen`."""

    def __init__(self, aws, queue, **mapping):
        self.seen = Queue(aws)
        self.function = create(aws, WORKER, Environment={"Variables": {"SEEN": self.seen.url}}, Timeout=6)
        allow_reading(self.function, queue)
        self.function.allow({"Action": "sqs:SendMessage", "Resource": self.seen.arn})
        aws.client("lambda").create_event_source_mapping(
            EventSourceArn=queue.arn,
            FunctionName=self.function.name,
            **{"FunctionResponseTypes": ["ReportBatchItemFailures"], **mapping},
        )

    def batch(self):
        """The next batch that the function got: a list of [body, receive count]."""
        return sorted(json.loads(self.seen.receive()))


def allow_reading(function, queue):
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    function.allow({"Action": actions, "Resource": queue.arn})


def test_only_the_failed_messages_of_a_batch_are_delivered_again(aws):
    queue = Queue(aws, VisibilityTimeout="6")
    consumer = Consumer(aws, queue, BatchSize=2, MaximumBatchingWindowInSeconds=1)
    queue.send("good", "fail")
    assert consumer.batch() == [["fail", "1"], ["good", "1"]]
    # The function reports before the poller deletes.
    wait_until(lambda: queue.size() == 1, "the good one is deleted")
    assert consumer.batch() == [["fail", "2"]]


def test_a_message_that_fails_too_often_goes_to_the_dead_letter_queue(aws):
    dead = Queue(aws)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    queue = Queue(aws, VisibilityTimeout="6", RedrivePolicy=redrive)
    consumer = Consumer(aws, queue)
    queue.send("fail")
    assert [consumer.batch(), consumer.batch()] == [[["fail", "1"]], [["fail", "2"]]]
    assert dead.receive() == "fail"
    assert queue.size() == 0


def test_an_error_of_the_function_fails_the_whole_batch(aws):
    queue = Queue(aws, VisibilityTimeout="6")
    consumer = Consumer(aws, queue)
    queue.send("crash")
    assert [consumer.batch(), consumer.batch()] == [[["crash", "1"]], [["crash", "2"]]]


def test_a_response_without_failures_deletes_the_batch(aws):
    queue = Queue(aws, VisibilityTimeout="6")
    consumer = Consumer(aws, queue)
    queue.send("answer null")
    assert consumer.batch() == [["answer null", "1"]]
    wait_until(lambda: queue.size() == 0, "the message is deleted")


def test_a_response_that_names_an_unknown_message_fails_the_whole_batch(aws):
    queue = Queue(aws, VisibilityTimeout="6")
    consumer = Consumer(aws, queue)
    queue.send("answer nonsense")
    assert [consumer.batch(), consumer.batch()] == [[["answer nonsense", "1"]], [["answer nonsense", "2"]]]


@pytest.mark.parametrize("response", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_these_responses_are_a_complete_success(response):
    assert failed_ids(response, {"a", "b"}) == set()


@pytest.mark.parametrize(
    "failures", [[{"itemIdentifier": ""}], [{"itemIdentifier": None}], [{"id": "a"}], [{"itemIdentifier": "c"}], "a", 1]
)
def test_these_responses_are_a_complete_failure(failures):
    assert failed_ids({"batchItemFailures": failures}, {"a", "b"}) == {"a", "b"}


def test_a_batching_window_collects_messages(aws):
    queue = Queue(aws, VisibilityTimeout="400")
    consumer = Consumer(aws, queue, BatchSize=3, MaximumBatchingWindowInSeconds=300)
    queue.send("1", "2")
    queue.send("3")
    assert [body for body, _ in consumer.batch()] == ["1", "2", "3"]


def test_a_batch_that_is_not_full_is_sent_when_its_window_ends(aws):
    queue = Queue(aws, VisibilityTimeout="30")
    consumer = Consumer(aws, queue, BatchSize=25, MaximumBatchingWindowInSeconds=1)
    began = time.monotonic()
    queue.send("1")
    assert [body for body, _ in consumer.batch()] == ["1"]
    assert time.monotonic() - began >= 1


def test_a_full_batch_does_not_wait_for_the_window(aws):
    # Longer than a test waits for anything.
    queue = Queue(aws, VisibilityTimeout="400")
    consumer = Consumer(aws, queue, BatchSize=2, MaximumBatchingWindowInSeconds=300)
    queue.send("1", "2")
    assert [body for body, _ in consumer.batch()] == ["1", "2"]


def test_the_maximum_concurrency_limits_the_batches_at_one_time(aws):
    queue = Queue(aws, VisibilityTimeout="30")
    consumer = Consumer(aws, queue, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    began = time.monotonic()
    queue.send(*["slow"] * 6)
    assert all(consumer.batch() for _ in range(6))
    # The last of six begins after two times two have ended.
    assert time.monotonic() - began >= 2


def _map(aws, function, queue, **options):
    return aws.client("lambda").create_event_source_mapping(
        EventSourceArn=queue.arn, FunctionName=function.name, **options
    )


def test_a_role_that_may_not_read_the_queue_is_refused(aws):
    function = create(aws, "def handler(event, context): pass")
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*permissions to call ReceiveMessage on SQS"):
        _map(aws, function, Queue(aws))


def test_a_visibility_timeout_below_the_functions_timeout_is_refused(aws):
    function, queue = create(aws, "def handler(event, context): pass", Timeout=60), Queue(aws, VisibilityTimeout="30")
    allow_reading(function, queue)
    with pytest.raises(ClientError, match="visibility timeout: 30 seconds is less than Function timeout: 60 seconds"):
        _map(aws, function, queue)


def test_a_second_mapping_of_the_same_queue_and_function_is_refused(aws):
    function, queue = create(aws, "def handler(event, context): pass"), Queue(aws)
    allow_reading(function, queue)
    first = _map(aws, function, queue)
    with pytest.raises(ClientError, match=f"ResourceConflictException.*{first['UUID']}"):
        _map(aws, function, queue)


def test_a_large_batch_needs_a_window(aws):
    function, queue = create(aws, "def handler(event, context): pass"), Queue(aws)
    allow_reading(function, queue)
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        _map(aws, function, queue, BatchSize=11)
