"""Tables with streams, and functions that read them and report their batches."""

import json
import uuid

from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.lambda_functions import create

# Tells the queue named in its environment about every batch, then does what the newest record of each item says.
READER = """
    import json, os, time, boto3
    sqs = boto3.client("sqs")
    calls = 0
    def handler(event, context):
        global calls
        calls += 1
        changes = [(record["dynamodb"], record["dynamodb"].get("NewImage", {})) for record in event["Records"]]
        seen = [[change["Keys"]["id"]["S"], image.get("say", {}).get("S")] for change, image in changes]
        body = {"seen": seen, "at": time.time(), "records": event["Records"] if os.environ.get("WHOLE") else []}
        sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(body))
        said = [image.get("say", {}).get("S") for _, image in changes]
        if "slow" in said:
            time.sleep(0.5)
        if "crash" in said or "crash once" in said and calls == 1:
            raise RuntimeError("crash")
        if "nonsense" in said:
            return {"batchItemFailures": [{"itemIdentifier": ""}]}
        return {"batchItemFailures": [
            {"itemIdentifier": change["SequenceNumber"]}
            for change, image in changes if image.get("say", {}).get("S") == "fail"
        ]}
    """
KEY = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
READING = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"]


class Table:
    """A table of a test's own, with a stream."""

    def __init__(self, aws: EmbeddedAws, region: str = "us-east-1", name: str | None = None):
        self.aws, self.region = aws, region
        self.name = name or f"t-{uuid.uuid4().hex[:12]}"
        if name is None:
            stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
            self.dynamodb.create_table(TableName=self.name, StreamSpecification=stream, **KEY)

    @property
    def dynamodb(self):
        return self.aws.client("dynamodb", region=self.region)

    @property
    def streams(self):
        return self.aws.client("dynamodbstreams", region=self.region)

    @property
    def description(self):
        return self.dynamodb.describe_table(TableName=self.name)["Table"]

    @property
    def stream_arn(self):
        return self.description["LatestStreamArn"]

    def put(self, *items: str, say: str | None = None, **attributes):
        """Put items by their ids; `id:word` has a word for the function."""
        client = self.dynamodb
        for item in items:
            key, _, word = item.partition(":")
            word = word or say
            word_attribute = {"say": {"S": word}} if word else {}
            client.put_item(TableName=self.name, Item={"id": {"S": key}, **word_attribute, **attributes})

    def get(self, key: str):
        return self.dynamodb.get_item(TableName=self.name, Key={"id": {"S": key}}, ConsistentRead=True).get("Item")

    def word(self, key: str):
        return ((self.get(key) or {}).get("say") or {}).get("S")

    def delete(self, key: str):
        self.dynamodb.delete_item(TableName=self.name, Key={"id": {"S": key}})

    def iterator(self, kind="TRIM_HORIZON", **options):
        shard = self.streams.describe_stream(StreamArn=self.stream_arn)["StreamDescription"]["Shards"][0]
        return self.streams.get_shard_iterator(
            StreamArn=self.stream_arn, ShardId=shard["ShardId"], ShardIteratorType=kind, **options
        )["ShardIterator"]

    def records(self, kind="TRIM_HORIZON", **options):
        return self.streams.get_records(ShardIterator=self.iterator(kind, **options))["Records"]

    def changes(self):
        """Every (event, id) of the stream."""
        return [(record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) for record in self.records()]


class InRegion:
    """The embedded AWS as seen by a client of one region."""

    def __init__(self, aws: EmbeddedAws, region: str):
        self._aws, self._region = aws, region

    def client(self, service: str, region: str = ""):
        return self._aws.client(service, region=region or self._region)


class Reader:
    """A function, in the table's region, that reads its stream."""

    def __init__(self, aws: EmbeddedAws, table: Table, code: str = READER, whole: bool = False, **mapping):
        aws = InRegion(aws, table.region)
        self.aws, self.table = aws, table
        self.queue = aws.client("sqs").create_queue(QueueName=f"seen-{uuid.uuid4().hex[:12]}")["QueueUrl"]
        variables = {"SEEN": self.queue} | ({"WHOLE": "1"} if whole else {})
        self.function = create(aws, code, Environment={"Variables": variables}, Timeout=60)
        self.function.allow(
            {"Action": "sqs:SendMessage", "Resource": "*"}, {"Action": READING, "Resource": table.stream_arn}
        )
        self.uuid = self.map(**mapping)["UUID"]

    def map(self, **mapping):
        return self.aws.client("lambda").create_event_source_mapping(
            EventSourceArn=self.table.stream_arn,
            FunctionName=self.function.name,
            **{"StartingPosition": "TRIM_HORIZON", "FunctionResponseTypes": ["ReportBatchItemFailures"], **mapping},
        )

    def update(self, **settings):
        self.aws.client("lambda").update_event_source_mapping(UUID=self.uuid, **settings)

    def last_result(self):
        """The mapping's LastProcessingResult."""
        return self.aws.client("lambda").get_event_source_mapping(UUID=self.uuid)["LastProcessingResult"]

    def message(self):
        """The next report of the function, whole."""
        return wait_until(lambda: self._taken(10), "a report of the function")

    def _taken(self, seconds: int):
        sqs = self.aws.client("sqs")
        for message in sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=seconds).get("Messages", []):
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(message["Body"])
        return None

    def batch(self):
        """The ids of the next batch that the function got."""
        return [key for key, _ in self.message()["seen"]]

    @property
    def has_reported(self) -> bool:
        """Whether a report is waiting; it is taken."""
        return self._taken(0) is not None

    def until_quiet(self, count: int):
        """The batches until the function has got `count` records."""
        batches: list[list[str]] = []
        wait_until(lambda: batches.append(self.batch()) or sum(map(len, batches)) >= count, f"{count} records")
        return batches
