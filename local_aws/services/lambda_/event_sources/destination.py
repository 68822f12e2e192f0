"""Reports discarded records to a mapping's destination.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html: the document says which records
were discarded and why. Only a bucket gets the records themselves, as `payload`.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from local_aws.services.lambda_.event_sources.delivery import SubBatch
from local_aws.services.lambda_.event_sources.source import Record, Shard


def document(
    mapping: dict[str, Any], shard: Shard, sub_batch: SubBatch, condition: str, batch_info: str
) -> dict[str, Any]:
    """The document for a queue or a topic."""
    context = {
        "requestId": str(uuid.uuid4()),
        "functionArn": mapping["FunctionArn"],
        "condition": condition,
        "approximateInvokeCount": sub_batch.invocations,
    }
    described: dict[str, Any] = {"requestContext": context}
    if sub_batch.last is not None:
        error = {"functionError": sub_batch.last.function_error} if sub_batch.last.function_error else {}
        described["responseContext"] = {"statusCode": 200, "executedVersion": _version(mapping), **error}
    described |= {"version": "1.0", "timestamp": _milliseconds(datetime.now(UTC))}
    described[batch_info] = _batch(mapping["EventSourceArn"], shard, sub_batch.records)
    return described


def with_records(described: dict[str, Any], sub_batch: SubBatch) -> dict[str, Any]:
    """The document for a bucket."""
    return {**described, "payload": json.dumps({"Records": [record.event for record in sub_batch.records]})}


def send(client: Any, arn: str, described: dict[str, Any], sub_batch: SubBatch, key: str) -> None:
    """Send the document to a queue, a topic or a bucket; `key` is the object's key in the bucket."""
    _, _, service, _, account, name = arn.split(":", 5)
    if service == "sqs":
        # GetQueueUrl would need a permission that Lambda does not need.
        url = f"{client.meta.endpoint_url}/{account}/{name}"
        client.send_message(QueueUrl=url, MessageBody=json.dumps(described))
    elif service == "sns":
        client.publish(TopicArn=arn, Message=json.dumps(described))
    else:
        client.put_object(Bucket=name, Key=key, Body=json.dumps(with_records(described, sub_batch)).encode())


def object_key(mapping: dict[str, Any], shard: Shard) -> str:
    """The document's object key in a bucket."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H.%M.%S")
    return f"aws/lambda/{mapping['UUID']}/{shard.id}/{now}-{uuid.uuid4()}"


def _batch(stream_arn: str, shard: Shard, records: list[Record]) -> dict[str, Any]:
    first, last = records[0], records[-1]
    return {
        "shardId": shard.id,
        "startSequenceNumber": str(first.sequence),
        "endSequenceNumber": str(last.sequence),
        "approximateArrivalOfFirstRecord": _seconds(first.arrived_at),
        "approximateArrivalOfLastRecord": _seconds(last.arrived_at),
        "batchSize": len(records),
        "streamArn": stream_arn,
    }


def _version(mapping: dict[str, Any]) -> str:
    qualifier = str(mapping.get("Qualifier") or "")
    return qualifier if qualifier.isdigit() else "$LATEST"


def _seconds(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _milliseconds(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
