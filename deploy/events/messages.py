"""Messages of queues and topics, notifications of buckets, and schedules."""

import hashlib
from typing import Any
from urllib.parse import quote_plus

from deploy.events.occasion import ACCOUNT, REGION, Occasion, arn, region_of

Json = dict[str, Any]


def sqs(occasion: Occasion, *, body: str = "Hello from SQS", source: str = "") -> Json:
    """Make a batch of one message; `source` is the queue's ARN.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    queue, sender = source or arn("sqs", "my-queue"), "AIDAIENQZJOLO23YVJ4VO"
    fifo = {
        "SequenceNumber": occasion.new_number(),
        "MessageGroupId": "1",
        "MessageDeduplicationId": occasion.new_id(),
    }
    record = {
        "messageId": occasion.new_id(),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(occasion.milliseconds),
            **(fifo if queue.endswith(".fifo") else {}),
            "SenderId": sender,
            "ApproximateFirstReceiveTimestamp": str(occasion.milliseconds),
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode()).hexdigest(),  # noqa: S324 - as SQS does
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": region_of(queue),
    }
    return {"Records": [record]}


def sns(occasion: Occasion, *, body: str = "Hello from SNS", source: str = "") -> Json:
    """Make a notification; `source` is the topic's ARN.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    """
    topic = source or arn("sns", "my-topic")
    subscription, server = f"{topic}:{occasion.new_id()}", f"https://sns.{region_of(topic)}.amazonaws.com"
    message: Json = {
        "SignatureVersion": "1",
        "Timestamp": occasion.timestamp,
        "Signature": "EXAMPLE",
        "SigningCertUrl": f"{server}/SimpleNotificationService-EXAMPLE.pem",
        "MessageId": occasion.new_id(),
        "Message": body,
        "MessageAttributes": {},
        "Type": "Notification",
        "UnsubscribeUrl": f"{server}/?Action=Unsubscribe&SubscriptionArn={subscription}",
        "TopicArn": topic,
        "Subject": None,
    }
    record = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns", "Sns": message}
    return {"Records": [record]}


def s3(occasion: Occasion, *, bucket: str = "my-bucket", key: str = "my-key") -> Json:
    """Make the notification of a new object.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    record = {
        "eventVersion": "2.6",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": occasion.timestamp,
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "EXAMPLE"},
        "requestParameters": {"sourceIPAddress": "203.0.113.7"},
        "responseElements": {"x-amz-request-id": "EXAMPLE123456789", "x-amz-id-2": "EXAMPLE123/5678abcdefghijklambda"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "my-configuration",
            "bucket": {"name": bucket, "ownerIdentity": {"principalId": "EXAMPLE"}, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {
                "key": quote_plus(key, safe="/"),
                "size": 1024,
                "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                "sequencer": f"{occasion.milliseconds:016X}",
            },
        },
    }
    return {"Records": [record]}


def schedule(occasion: Occasion, *, source: str = "") -> Json:
    """Make the event of a rule with a schedule; `source` is the rule's ARN.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
    """
    rule = source or arn("events", "rule/my-schedule")
    return {
        "version": "0",
        "id": occasion.new_id(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": occasion.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region_of(rule),
        "resources": [rule],
        "detail": {},
    }
