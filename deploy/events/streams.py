"""Records of streams: DynamoDB, Kinesis, and Firehose's batches to transform."""

import base64
import json
from typing import Any

from deploy.errors import DeployError
from deploy.events.occasion import ACCOUNT, REGION, Occasion, arn, region_of

_SHARD = "shardId-000000000000"
_PARTITION_KEY = "1"
_ITEM = '{"id": {"S": "101"}, "text": {"S": "New item!"}}'
Json = dict[str, Any]


def dynamodb(occasion: Occasion, *, body: str = _ITEM, source: str = "") -> Json:
    """Make the record of a new item; `source` is the stream's ARN.

    `body` is the item in DynamoDB's JSON; its first attribute is the key.
    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html

    Raises
    ------
    DeployError
        The body is not an item.
    """
    stream, item = source or arn("dynamodb", "table/my-table/stream/2026-01-01T00:00:00.000"), _item(body)
    key = next(iter(item))
    record = {
        "eventID": occasion.new_id().replace("-", ""),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region_of(stream),
        "dynamodb": {
            "ApproximateCreationDateTime": float(int(occasion.seconds)),
            "Keys": {key: item[key]},
            "NewImage": item,
            "SequenceNumber": occasion.new_number(),
            "SizeBytes": len(body.encode()),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": stream,
    }
    return {"Records": [record]}


def _item(body: str) -> Json:
    try:
        item = json.loads(body)
    except ValueError:
        item = None
    if not isinstance(item, dict) or not item or not all(isinstance(value, dict) for value in item.values()):
        raise DeployError(f"the body is not an item in DynamoDB's JSON, as in {_ITEM}")
    return item


def kinesis(occasion: Occasion, *, body: str = "Hello from Kinesis", source: str = "") -> Json:
    """Make a batch of one record; `source` is the stream's ARN.

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    stream, number = source or arn("kinesis", "stream/my-stream"), occasion.new_number()
    record = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": _PARTITION_KEY,
            "sequenceNumber": number,
            "data": _encoded(body),
            "approximateArrivalTimestamp": occasion.seconds,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{_SHARD}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/my-role",
        "awsRegion": region_of(stream),
        "eventSourceARN": stream,
    }
    return {"Records": [record]}


def firehose(occasion: Occasion, *, body: str = "Hello from Firehose", source: str = "") -> Json:
    """Make a batch of one record to transform; `source` is the ARN of the Kinesis stream.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesisfirehose.html; the name of the source is from
    https://github.com/aws/aws-lambda-go/blob/main/events/firehose.go
    """
    record = {
        "recordId": f"{occasion.new_number()}000000",
        "approximateArrivalTimestamp": occasion.milliseconds,
        "data": _encoded(body),
        "kinesisRecordMetadata": {
            "sequenceNumber": occasion.new_number(),
            "subsequenceNumber": 0,
            "partitionKey": _PARTITION_KEY,
            "shardId": _SHARD,
            "approximateArrivalTimestamp": occasion.milliseconds,
        },
    }
    return {
        "invocationId": occasion.new_id(),
        "deliveryStreamArn": arn("firehose", "deliverystream/my-delivery-stream"),
        "sourceKinesisStreamArn": source or arn("kinesis", "stream/my-stream"),
        "region": REGION,
        "records": [record],
    }


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
