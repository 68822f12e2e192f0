"""SES for conformance tests: identities, mails, and topics whose messages are read from a queue."""

import json
import uuid

from local_aws.testing import wait_until

SES = "ses.amazonaws.com"


def unique(prefix: str = "m") -> str:
    return f"{prefix}{uuid.uuid4().hex[:10]}"


def sender(aws) -> str:
    """A verified address."""
    address = f"{unique()}@example.com"
    aws.client("sesv2").create_email_identity(EmailIdentity=address)
    return address


def simple(text="hello", subject="a subject", **more):
    return {"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": text}}, **more}}


def send(aws, source, to, content=None, **more):
    """Send one mail by SES v2; its message id."""
    response = aws.client("sesv2").send_email(
        FromEmailAddress=source,
        Destination={"ToAddresses": [to] if isinstance(to, str) else to},
        Content=content or simple(),
        **more,
    )
    return response["MessageId"]


def policy_for(topic: str, service: str, **condition) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish", "Resource": topic}
    conditions = {"Condition": {"StringEquals": condition}} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **conditions}]})


class Topic:
    """An SNS topic to which a service may publish, and the messages that it delivered."""

    def __init__(self, aws, service: str = SES, **subscription) -> None:
        self.sns, self.sqs = aws.client("sns"), aws.client("sqs")
        self.arn = self.sns.create_topic(Name=unique("t"))["TopicArn"]
        self.allow(service)
        self.queue_url = self.sqs.create_queue(QueueName=unique("q"))["QueueUrl"]
        self.queue_arn = queue_arn(self.sqs, self.queue_url)
        let_send(self.sqs, self.queue_url, self.queue_arn, "sns.amazonaws.com")
        self.subscription = self.sns.subscribe(
            TopicArn=self.arn, Protocol="sqs", Endpoint=self.queue_arn, Attributes=subscription
        )["SubscriptionArn"]

    def allow(self, service: str, **condition) -> None:
        value = policy_for(self.arn, service, **condition)
        self.sns.set_topic_attributes(TopicArn=self.arn, AttributeName="Policy", AttributeValue=value)

    def take(self, count: int) -> list[str]:
        """Wait for `count` messages; returns their bodies in the order of arrival."""
        message_bodies: list[str] = []

        def enough():
            got = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in got.get("Messages", ()):
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
                message_bodies.append(message["Body"])
            return len(message_bodies) >= count

        wait_until(enough, f"{count} messages of {self.arn}")
        assert len(message_bodies) == count, message_bodies
        return message_bodies

    def take_messages(self, count: int) -> list:
        """The messages inside SNS's envelopes, as JSON."""
        return [json.loads(json.loads(body)["Message"]) for body in self.take(count)]


def queue_arn(sqs, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def let_send(sqs, url: str, arn: str, service: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
