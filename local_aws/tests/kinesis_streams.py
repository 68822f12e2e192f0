"""Streams for the conformance tests, and functions that read them and report their batches."""

import json
import uuid

import boto3
from botocore.config import Config

from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.lambda_functions import create

MIDDLE = str(2**127)


class Stream:
    """A stream of a test's own."""

    def __init__(self, aws, shards=1):
        self.client = aws.client("kinesis")
        self.name = f"s-{uuid.uuid4().hex[:12]}"
        self.client.create_stream(StreamName=self.name, ShardCount=shards)

    @property
    def arn(self):
        return self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]["StreamARN"]

    def without_retries(self):
        """A client that shows each refusal."""
        return boto3.client(
            "kinesis",
            region_name="us-east-1",
            endpoint_url=self.client.meta.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def put(self, *texts, key="k", **options):
        return [self.client.put_record(StreamName=self.name, Data=t, PartitionKey=key, **options) for t in texts]

    def shards(self):
        return self.client.list_shards(StreamName=self.name)["Shards"]

    def open_shards(self):
        return [shard for shard in self.shards() if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]

    def read(self, shard=0, kind="TRIM_HORIZON", **options):
        iterator = self.client.get_shard_iterator(
            StreamName=self.name, ShardId=f"shardId-{shard:012d}", ShardIteratorType=kind, **options
        )
        return self.client.get_records(ShardIterator=iterator["ShardIterator"])

    def texts(self, *position, **options):
        return [record["Data"].decode() for record in self.read(*position, **options)["Records"]]

    def split(self, shard=0, at=MIDDLE):
        self.client.split_shard(StreamName=self.name, ShardToSplit=f"shardId-{shard:012d}", NewStartingHashKey=at)

    def merge(self, one, other):
        ids = {"ShardToMerge": f"shardId-{one:012d}", "AdjacentShardToMerge": f"shardId-{other:012d}"}
        self.client.merge_shards(StreamName=self.name, **ids)


READING = [
    f"kinesis:{action}"
    for action in ("GetRecords", "GetShardIterator", "DescribeStream", "DescribeStreamSummary", "ListShards")
]
# Tells the queue of its environment about every batch, then does what its texts say.
CODE = """
    import base64, json, os, boto3
    sqs = boto3.client("sqs")
    seen = []
    def handler(event, context):
        texts = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
        records = event["Records"] if os.environ.get("WHOLE") else []
        sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps({"texts": texts, "records": records}))
        is_new = texts not in seen
        seen.append(texts)
        if "crash" in texts or "crash once" in texts and is_new:
            raise RuntimeError("crash")
        failed = [r for r, text in zip(event["Records"], texts) if text == "fail"]
        return {"batchItemFailures": [{"itemIdentifier": r["kinesis"]["sequenceNumber"]} for r in failed]}
    """


class Reader:
    """A function that reads a stream."""

    def __init__(self, aws: EmbeddedAws, stream: Stream, whole: bool = False, **mapping):
        self.aws, self.stream = aws, stream
        self.queue = aws.client("sqs").create_queue(QueueName=f"seen-{uuid.uuid4().hex[:12]}")["QueueUrl"]
        variables = {"SEEN": self.queue} | ({"WHOLE": "1"} if whole else {})
        self.function = create(aws, CODE, Environment={"Variables": variables})
        self.function.allow(
            {"Action": "sqs:SendMessage", "Resource": "*"},
            {"Action": READING, "Resource": stream.arn},
        )
        self.uuid = self.map(**mapping)["UUID"]

    def map(self, **mapping):
        settings = {"StartingPosition": "TRIM_HORIZON", "FunctionResponseTypes": ["ReportBatchItemFailures"], **mapping}
        return self.aws.client("lambda").create_event_source_mapping(
            EventSourceArn=self.stream.arn, FunctionName=self.function.name, **settings
        )

    def message(self):
        """The next report of the function."""
        return wait_until(self._take, "a report of the function")

    def _take(self):
        sqs = self.aws.client("sqs")
        for message in sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=10).get("Messages", []):
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(message["Body"])
        return None

    def batch(self):
        """The texts of the next batch that the function got."""
        return self.message()["texts"]
