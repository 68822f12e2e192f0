"""pipeline_app in one process."""

import base64
import json
import os
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from tests.apps import load_app
from tests.unit.aws import aws_client, empty_tables_and_buckets
from tests.unit.stage import CLIENT_ID, REGION, Response, client, token

PUBLIC_URL = "https://devices.example"
KEYS = {
    "DEVICES_TABLE_NAME": ["device_id"],
    "MINUTES_TABLE_NAME": ["device_id", "minute"],
    "ALERTS_TABLE_NAME": ["device_id", "alert"],
    "WINDOWS_TABLE_NAME": ["id", "item"],
    "BATCHES_TABLE_NAME": ["minute", "batch"],
    "LOADS_TABLE_NAME": ["kind", "window_id"],
}
INDEXES = {
    "DEVICES_TABLE_NAME": {"watched": [("watch_shard", "S"), ("last_seen", "N")]},
    "ALERTS_TABLE_NAME": {"open": [("open", "S"), ("raised", "S")]},
    "WINDOWS_TABLE_NAME": {"open": [("open", "S"), ("check_at", "N")], "kinds": [("kind", "S"), ("window", "S")]},
}
ENVIRONMENT = {
    **{name: name.removesuffix("_TABLE_NAME").lower() for name in KEYS},
    "QUARANTINE_BUCKET_NAME": "quarantine",
    "ALERTS_STREAM_ARN": "arn:aws:dynamodb:us-east-1:123456789012:table/alerts/stream/1",
    "ALERTS_TOPIC_ARN": "to be set",
    "TELEMETRY_STREAM_NAME": "telemetry",
    "REPORTS_BUCKET_NAME": "reports",
    "CATALOG_NAME": "pipeline_test",
    "WORKGROUP_NAME": "pipeline-test",
    "MANIFESTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/manifests",
    "LOAD_EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/load-events",
    "WAREHOUSE_NAME": "pipeline-test",
    "WAREHOUSE_DATABASE": "pipeline",
    "WAREHOUSE_COPY_ROLE_ARN": "arn:aws:iam::123456789012:role/copy",
    "OBJECTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/objects",
    "QUERY_EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/query-events",
    "STREAM_DEAD_LETTERS_URL": "to be set",
    "HEALTH_QUEUES": "to be set",
    "CURSOR_SECRET_ARN": "cursors",
    "USER_POOL_ID": "us-east-1_Pipeline",
    "USER_POOL_ARN": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Pipeline",
    "USER_POOL_CLIENT_ID": CLIENT_ID,
    "PUBLIC_URL": PUBLIC_URL,
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
# 2026-11-27T17:00:00Z
NOON = 1_795_798_800_000
TELEMETRY_KEY = "telemetry/event_date=2026-11-27/event_hour=17/delivery-1"


class Stage:
    """The app, and what operators and devices can do with it."""

    groups = ()

    def __init__(self, module: ModuleType, user_pool_id: str) -> None:
        self.module = module
        self.client = client(module, user_pool_id)

    def call(self, method: str, path: str, body: Any = None, user: str | None = "alice", **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None:
            sent.setdefault("Authorization", token(user))
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        data = b"" if body is None else json.dumps(body).encode()
        return Response(self.client.http.request(method, path, headers=sent, body=data))

    def send(self, records: Iterable[dict[str, Any]]) -> list[str]:
        """Call `update_fleet` with records of the stream; returns the sequence numbers that failed."""
        event = {"Records": list(records)}
        response = self.client.lambda_.invoke("update_fleet", event).payload
        return [failed["itemIdentifier"] for failed in response["batchItemFailures"]]

    def path_values(self) -> dict[str, str]:
        """Make one thing for each parameter of a path, and return the parameters' values."""
        self.send([record(1, device_id="sensor-07", temperature=21.4)])
        built_report(self)
        return {"device_id": "sensor-07", "kind": "device_hour", "window": "2026-11-27T17"}

    def empty(self) -> None:
        """Forget everything that a test has left."""
        empty_tables_and_buckets()

    def items(self, table: str) -> list[Any]:
        return aws_client("dynamodb").scan(TableName=table)["Items"]


def record(
    number: int, *, device_id: str = "sensor-07", at: int = NOON, time: int | None = None, **measurements: float
) -> dict[str, Any]:
    """A record of the stream. `at` is when the message arrived, `time` the device's own, in milliseconds since 1970."""
    message = {"id": f"m-{number}", "time": at if time is None else time, "measurements": measurements}
    return raw_record(number, json.dumps(message).encode(), device_id=device_id, at=at)


def built_report(stage: Stage, rows: tuple[str, ...] = ('"sensor-07","60"',), version: int = 1) -> Any:
    """A report of devices on an hour as the functions leave it; `rows` are lines of its CSV file.

    Build it again with the next version of its data.
    """
    # Only tests of this app have it on their path.
    from chalicelib.pipeline.reports.model import Kind, Manifest, ManifestObject, QueryIds, Report, Window  # noqa: PLC0415

    body = "\n".join(('"device_id","readings"', *rows, "")).encode()
    s3 = aws_client("s3")
    csv, run_id = f"results/query-{version * 2}.csv", f"v{version}-3fa9c0de-1"
    s3.put_object(Bucket="reports", Key=csv, Body=body)
    window = Window("2026-11-27T17")
    manifest = Manifest(
        kind=Kind.DEVICE_HOUR,
        window=window.start,
        run_id=run_id,
        data_version=version,
        sql_version="3fa9c0de",
        complete=True,
        rows=len(rows),
        bytes_scanned=4096,
        input_objects=version,
        query_execution_ids=QueryIds("query-1", "query-2"),
        parquet=[ManifestObject(f"reports/device_hour/window_id=2026-11-27T17/run_id={run_id}/data", 512)],
        csv=ManifestObject(csv, len(body)),
        finished_at="2026-11-27T18:03:00.000Z",
        sql="SELECT 1",
        started_at="2026-11-27T18:02:50.000Z",
    )
    app = stage.module.pipeline_app
    app.report_results.put_manifest(manifest)
    app.report_windows.note([window, Window("2026-11-27")], f"{TELEMETRY_KEY}#{version}", NOON, NOON)
    before = app.report_windows.get(manifest.kind, window) or Report(manifest.kind, window)
    built = before.changed(built_version=version, built_run=run_id, built_at=NOON)
    app.report_windows.save(built)
    return built


def released(record: dict[str, Any]) -> dict[str, Any]:
    """The record as a replay puts it into the stream again."""
    envelope = json.loads(base64.b64decode(record["kinesis"]["data"])) | {"released_at": NOON}
    data = base64.b64encode(json.dumps(envelope).encode()).decode()
    return {**record, "kinesis": {**record["kinesis"], "data": data}}


def raw_record(number: int, payload: bytes, *, device_id: str = "sensor-07", at: int = NOON) -> dict[str, Any]:
    """A record of the stream with any bytes of a device."""
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "device_id": device_id,
        "received_at": at,
        "source_id": f"00000000-0000-4000-8000-{number:012d}",
    }
    data = base64.b64encode(json.dumps(envelope).encode()).decode()
    kinesis = {"sequenceNumber": str(10**55 + number), "partitionKey": device_id, "data": data}
    return {"eventSource": "aws:kinesis", "kinesis": kinesis}


def start() -> Stage:
    """Make the resources in moto and load the app."""
    for variable, keys in KEYS.items():
        _create_table(variable, keys)
    aws_client("s3").create_bucket(Bucket="quarantine")
    aws_client("secretsmanager").create_secret(Name="cursors", SecretString="a secret for cursors")
    aws_client("s3").create_bucket(Bucket="reports")
    letters = aws_client("sqs").create_queue(QueueName="letters")["QueueUrl"]
    os.environ.update(STREAM_DEAD_LETTERS_URL=letters, HEALTH_QUEUES=letters)
    aws_client("kinesis").create_stream(StreamName="telemetry", ShardCount=1)
    os.environ["ALERTS_TOPIC_ARN"] = aws_client("sns").create_topic(Name="alerts")["TopicArn"]
    return Stage(load_app("pipeline_app"), ENVIRONMENT["USER_POOL_ID"])


def _create_table(variable: str, keys: list[str]) -> None:
    attributes = [(name, "S") for name in keys]
    indexes = []
    for name, index_keys in INDEXES.get(variable, {}).items():
        attributes += index_keys
        schema = _schema([key for key, _ in index_keys])
        indexes.append({"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}})
    more = {"GlobalSecondaryIndexes": indexes} if indexes else {}
    aws_client("dynamodb").create_table(
        TableName=ENVIRONMENT[variable],
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in attributes],
        KeySchema=_schema(keys),
        **more,
    )


def _schema(keys: list[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
