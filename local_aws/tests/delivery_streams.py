"""Delivery streams for the conformance tests, each with a Kinesis stream, a bucket and a role of its own."""

import base64
import json
import uuid
from typing import Any

from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.lambda_functions import create

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
ALL = ["s3:PutObject", "lambda:InvokeFunction", "kinesis:*", "glue:*"]
COLUMNS = [("name", "string"), ("value", "double"), ("time", "timestamp")]
# Does with each record what its `say` says, and names its `day` as partition.
TRANSFORM = """
    import base64, json, os
    def handler(event, context):
        records = event["records"]
        said = [json.loads(base64.b64decode(record["data"])).get("say") for record in records]
        if "crash" in said:
            raise RuntimeError("crash")
        answers = [answer(record, say) for record, say in zip(records, said)]
        return {"records": [one for one in answers if one]}

    def answer(record, say):
        if say == "forget":
            return None
        if say == "drop":
            return {"recordId": record["recordId"], "result": "Dropped"}
        if say == "fail":
            return {"recordId": record["recordId"], "result": "ProcessingFailed"}
        data = json.loads(base64.b64decode(record["data"]))
        keys = {"day": data.pop("day", "none")} if say != "no key" else {}
        encoded = base64.b64encode(json.dumps(data).encode() + b"\\n").decode()
        return {"recordId": record["recordId"], "result": "Ok", "data": encoded, "metadata": {"partitionKeys": keys}}
    """


class DeliveryStream:
    """A delivery stream of a test's own."""

    def __init__(self, aws: EmbeddedAws, *, allowed: list[str] | None = None, shards: int = 1) -> None:
        self.aws, self.name = aws, f"d-{uuid.uuid4().hex[:12]}"
        self.firehose, self.kinesis = aws.client("firehose"), aws.client("kinesis")
        self.kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        aws.client("s3").create_bucket(Bucket=self.name)
        self.role = role(aws, self.name, allowed or ALL)

    @property
    def stream(self) -> dict[str, Any]:
        """The Kinesis stream, as it is described."""
        return self.kinesis.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]

    @property
    def source(self) -> dict[str, Any]:
        """The settings of the source."""
        configuration = {"KinesisStreamARN": self.stream["StreamARN"], "RoleARN": self.role}
        return {
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": configuration,
        }

    def create(self, **destination: Any) -> "DeliveryStream":
        self.firehose.create_delivery_stream(
            DeliveryStreamName=self.name,
            ExtendedS3DestinationConfiguration=self.destination(**destination),
            **self.source,
        )
        return self

    def destination(self, **settings: Any) -> dict[str, Any]:
        return {
            "RoleARN": self.role,
            "BucketARN": f"arn:aws:s3:::{self.name}",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            **settings,
        }

    def partitioned(self, function_arn: str, **settings: Any) -> dict[str, Any]:
        """Settings of a destination with a function and partitions."""
        return {
            "Prefix": "data/day=!{partitionKeyFromLambda:day}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "DynamicPartitioningConfiguration": {"Enabled": True},
            "ProcessingConfiguration": processing(function_arn),
            **settings,
        }

    def conversion(self) -> dict[str, Any]:
        """Settings of a conversion to Parquet, with a new Glue table of COLUMNS."""
        glue, database = self.aws.client("glue"), self.name.replace("-", "_")
        glue.create_database(DatabaseInput={"Name": database})
        columns = [{"Name": name, "Type": kind} for name, kind in COLUMNS]
        table = {"Name": "records", "StorageDescriptor": {"Columns": columns}}
        glue.create_table(DatabaseName=database, TableInput=table)
        schema = {"DatabaseName": database, "TableName": "records", "RoleARN": self.role}
        return {
            "Enabled": True,
            "SchemaConfiguration": schema,
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        }

    def put(self, *records: Any) -> None:
        """Put records into the Kinesis stream, as JSON."""
        entries = [{"Data": json.dumps(record).encode(), "PartitionKey": str(n)} for n, record in enumerate(records)]
        assert self.kinesis.put_records(StreamName=self.name, Records=entries)["FailedRecordCount"] == 0

    def object_keys(self, prefix: str = "") -> list[str]:
        listing = self.aws.client("s3").list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [item["Key"] for item in listing.get("Contents", [])]

    def read(self, key: str) -> bytes:
        body: bytes = self.aws.client("s3").get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def delivered(self, count: int, prefix: str = "data/") -> list[Any]:
        """The JSON records below a prefix, when there are so many."""
        return wait_until(lambda: self.records(prefix), f"{count} records", lambda found: len(found) >= count)

    def records(self, prefix: str) -> list[Any]:
        return [json.loads(line) for key in self.object_keys(prefix) for line in self.read(key).splitlines()]

    def failures(self, count: int, output_type: str = "processing-failed") -> list[dict[str, Any]]:
        """The error documents of a type, with `record` for what their raw data has."""
        documents = self.delivered(count, f"errors/{output_type}/")
        return [{**one, "record": json.loads(base64.b64decode(one["rawData"]))} for one in documents]


def role(aws: EmbeddedAws, name: str, actions: list[str], trust: Any = TRUST) -> str:
    """The ARN of a new role that may do these actions."""
    iam = aws.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    return str(arn)


def processing(function_arn: str, **parameters: Any) -> dict[str, Any]:
    """The configuration of one Lambda processor."""
    named = {"LambdaArn": function_arn, "BufferIntervalInSeconds": "0", **parameters}
    items = [{"ParameterName": name, "ParameterValue": str(value)} for name, value in named.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": items}]}


def function(aws: EmbeddedAws, code: str = TRANSFORM) -> str:
    """The ARN of a new function."""
    name = create(aws, code).name
    return str(aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"])
