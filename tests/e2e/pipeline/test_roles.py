"""Least privilege: what each role must not do is refused, with the credentials that a function really has."""

import pytest
from botocore.exceptions import ClientError

from tests.e2e.pipeline.operator import APP

ITEM = {name: {"S": "x"} for name in ("device_id", "minute", "alert", "batch", "id", "item", "kind", "window_id")}
API, UPDATE, WATCH, PUBLISH = "RoleApiHandler", "RoleUpdateFleet", "RoleWatchFleet", "RolePublishAlerts"
TRANSFORM = "RoleTransform"
LOAD, FINISH_LOAD = "RoleLoadWarehouse", "RoleFinishLoad"
NOTE, START, FINISH = "RoleNoteObjects", "RoleStartReports", "RoleFinishReport"


def put(table: str):
    return "dynamodb", lambda client, outputs: client.put_item(TableName=outputs[table], Item=ITEM)


def scan(table: str):
    return "dynamodb", lambda client, outputs: client.scan(TableName=outputs[table])


def put_record(client, outputs):
    client.put_record(StreamName=outputs["TelemetryStreamName"], Data=b"{}", PartitionKey="x")


def list_quarantine(client, outputs):
    client.list_objects_v2(Bucket=outputs["QuarantineBucketName"])


def put_telemetry(client, outputs):
    client.put_object(Bucket=outputs["TelemetryBucketName"], Key="telemetry/x", Body=b"x")


def publish(client, outputs):
    client.publish(TopicArn=outputs["AlertsTopicArn"], Message="x")


def put_report(client, outputs):
    client.put_object(Bucket=outputs["ReportsBucketName"], Key="manifests/device_hour/2026-11-27T17/x.json", Body=b"{}")


def list_telemetry(client, outputs):
    client.list_objects_v2(Bucket=outputs["TelemetryBucketName"])


def query(client, outputs):
    client.start_query_execution(QueryString="SELECT 1", WorkGroup=outputs["WorkgroupName"])


def query_warehouse(client, outputs):
    names = {"WorkgroupName": outputs["WarehouseName"], "Database": outputs["WarehouseDatabase"]}
    client.execute_statement(Sql="SELECT 1", **names)


def delete_report(client, outputs):
    client.delete_object(Bucket=outputs["ReportsBucketName"], Key="manifests/x")


# (role, what it tries, the service, the call) for what a role must not be able to do
ATTEMPTS = [
    (API, "change a device", *put("DevicesTableName")),
    (API, "change a minute", *put("MinutesTableName")),
    (API, "change an alert", *put("AlertsTableName")),
    (API, "make up a message", "kinesis", put_record),
    (API, "publish an alert", "sns", publish),
    (API, "change a batch's counts", *put("BatchesTableName")),
    (UPDATE, "make up a message", "kinesis", put_record),
    (UPDATE, "publish an alert", "sns", publish),
    (UPDATE, "read all devices", *scan("DevicesTableName")),
    (WATCH, "make up a message", "kinesis", put_record),
    (PUBLISH, "change an alert", *put("AlertsTableName")),
    (TRANSFORM, "make up a message", "kinesis", put_record),
    (TRANSFORM, "read what is in quarantine", "s3", list_quarantine),
    (TRANSFORM, "write telemetry", "s3", put_telemetry),
    (PUBLISH, "read all devices", *scan("DevicesTableName")),
    (API, "write a report", "s3", put_report),
    (API, "read telemetry", "s3", list_telemetry),
    (API, "run a query", "athena", query),
    (API, "change a window", *put("WindowsTableName")),
    (NOTE, "read telemetry", "s3", list_telemetry),
    (NOTE, "run a query", "athena", query),
    (START, "write telemetry", "s3", put_telemetry),
    (START, "read all windows", *scan("WindowsTableName")),
    (FINISH, "write telemetry", "s3", put_telemetry),
    (FINISH, "change a device", *put("DevicesTableName")),
    (API, "query the warehouse", "redshift-data", query_warehouse),
    (API, "change a load", *put("LoadsTableName")),
    (LOAD, "run a single statement", "redshift-data", query_warehouse),
    (LOAD, "delete a manifest", "s3", delete_report),
    (FINISH_LOAD, "query the warehouse", "redshift-data", query_warehouse),
]


@pytest.mark.parametrize(
    ("role", "service", "call"),
    [pytest.param(role, service, call, id=f"{role}-{what}") for role, what, service, call in ATTEMPTS],
)
def test_a_role_is_refused_what_is_not_its_work(stage, role, service, call):
    outputs = stage.outputs(APP)
    sts = stage.client("sts")
    credentials = sts.assume_role(RoleArn=outputs[role], RoleSessionName="role-test")["Credentials"]
    with pytest.raises(ClientError) as error:
        call(stage.client(service, credentials), outputs)
    assert error.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError")
