"""A Glue table of readings on Parquet objects, with a workgroup, a bucket, and a queue that gets the query events."""

import io
import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

import duckdb

from local_aws.testing import wait_until
from local_aws.tests.test_cloudformation import Stack

COLUMNS = {"device_id": "string", "event_time": "timestamp", "temperature": "double", "count": "int"}
PROJECTION = {
    "projection.enabled": "true",
    "projection.event_date.type": "date",
    "projection.event_date.range": "2026-01-01,2026-12-31",
    "projection.event_date.format": "yyyy-MM-dd",
    "projection.event_hour.type": "integer",
    "projection.event_hour.range": "0,23",
    "projection.event_hour.digits": "2",
}


def template(name: str) -> str:
    """A stack as an app has it; physical names are `name`."""
    serde = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}
    storage = {
        "Location": f"s3://{name}/readings/",
        "Columns": [{"Name": column, "Type": kind} for column, kind in COLUMNS.items()],
        "SerdeInfo": serde,
    }
    table = {
        "Name": "readings",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": PROJECTION,
        "PartitionKeys": [{"Name": "event_date", "Type": "string"}, {"Name": "event_hour", "Type": "int"}],
        "StorageDescriptor": storage,
    }
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    queue_arn = {"Fn::GetAtt": ["Events", "Arn"]}
    pattern = {
        "source": ["aws.athena"],
        "detail-type": ["Athena Query State Change"],
        "detail": {"workgroupName": [{"Ref": "WorkGroup"}]},
    }
    return json.dumps(
        {
            "Resources": {
                "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}},
                "Database": {
                    "Type": "AWS::Glue::Database",
                    "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": name}},
                },
                "Table": {
                    "Type": "AWS::Glue::Table",
                    "Properties": {
                        "CatalogId": {"Ref": "AWS::AccountId"},
                        "DatabaseName": {"Ref": "Database"},
                        "TableInput": table,
                    },
                },
                "WorkGroup": {
                    "Type": "AWS::Athena::WorkGroup",
                    "Properties": {
                        "Name": name,
                        "WorkGroupConfiguration": {
                            "ResultConfiguration": {"OutputLocation": f"s3://{name}/results/"},
                            "BytesScannedCutoffPerQuery": 10_000_000,
                        },
                    },
                },
                "Events": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}},
                "EventsPolicy": {
                    "Type": "AWS::SQS::QueuePolicy",
                    "Properties": {
                        "Queues": [{"Ref": "Events"}],
                        "PolicyDocument": {"Statement": [{**allow, "Resource": queue_arn}]},
                    },
                },
                "Rule": {
                    "Type": "AWS::Events::Rule",
                    "Properties": {"EventPattern": pattern, "Targets": [{"Id": "queue", "Arn": queue_arn}]},
                },
            }
        }
    )


class Readings:
    """The stack with the table, and queries on it."""

    def __init__(self, aws) -> None:
        self.name = f"readings-{uuid.uuid4().hex[:8]}"
        self.aws, self.stack = aws, Stack(aws)
        self.stack.deploy(template(self.name))
        self.athena, self.s3 = aws.client("athena"), aws.client("s3")

    def put(self, date: str, hour: int, select: str, name: str = "a.parquet", root: str = "readings") -> int:
        """Write an object with the rows of a DuckDB query; returns its size."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.parquet"
            duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
            body = path.read_bytes()
        key = f"{root}/event_date={date}/event_hour={hour:02}/{name}"
        self.s3.put_object(Bucket=self.name, Key=key, Body=io.BytesIO(body))
        return len(body)

    def start(self, sql: str, athena: Any = None, **more: Any) -> str:
        """Start a query; returns its id."""
        context = {"Database": self.name}
        request = {"QueryString": sql, "WorkGroup": self.name, "QueryExecutionContext": context, **more}
        return (athena or self.athena).start_query_execution(**request)["QueryExecutionId"]

    def finished(self, query_id: str) -> dict[str, Any]:
        """The query execution when the query has ended."""
        return wait_until(
            lambda: self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"],
            "the end of the query",
            lambda execution: execution["Status"]["State"] not in ("QUEUED", "RUNNING"),
        )

    def run(self, sql: str, **more: Any) -> dict[str, Any]:
        """Run a query to its end."""
        return self.finished(self.start(sql, **more))

    def rows(self, sql: str) -> list[list[str | None]]:
        """The rows of a query's result, the first with the columns' names."""
        execution = self.run(sql)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        result = self.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        return [[datum.get("VarCharValue") for datum in row["Data"]] for row in result["ResultSet"]["Rows"]]

    def text(self, uri: str) -> str:
        """The text of an object."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
