"""Athena as its documentation describes it: queries on Glue tables, results, limits, permissions, events.

https://docs.aws.amazon.com/athena/latest/ug/ and https://docs.aws.amazon.com/athena/latest/APIReference/.
"""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests.iam_principals import User, policy, statement
from local_aws.tests.readings_table import Readings

DAY = "2026-11-27"
ROWS = (
    "SELECT * FROM (VALUES ('a', TIMESTAMP '2026-11-27 17:00:00.25', 21.5::DOUBLE, 1::INTEGER), "
    "('b \"q\", 1', TIMESTAMP '2026-11-27 17:30:00', NULL, 2)) v(device_id, event_time, temperature, count)"
)


@pytest.fixture(scope="module")
def readings(aws):
    """Two hours of one day, an hour of another, and objects that belong to no partition."""
    made = Readings(aws)
    made.sizes = [made.put(DAY, 17, ROWS), made.put(DAY, 18, ROWS)]
    made.put("2026-11-28", 17, ROWS)
    made.put("2030-01-01", 17, ROWS)
    made.put(DAY, 99, ROWS)
    made.s3.put_object(Bucket=made.name, Key=f"readings/event_date={DAY}/event_hour=17/_temporary", Body=b"no Parquet")
    return made


def code_of(refused) -> str:
    return refused.value.response["Error"]["Code"]


def test_a_query_reads_the_partitions_of_its_where_clause_only(readings):
    hour = readings.run(f"SELECT count(*) FROM readings WHERE event_date = '{DAY}' AND event_hour = 17")
    day = readings.run(f"SELECT count(*) FROM readings r WHERE r.event_date = '{DAY}'")
    assert hour["Statistics"]["DataScannedInBytes"] == readings.sizes[0]
    assert day["Statistics"]["DataScannedInBytes"] == sum(readings.sizes)
    assert readings.rows("SELECT count(*) FROM readings") == [["_col0"], ["6"]]


def test_an_object_that_is_not_parquet_fails_the_query_and_is_named(readings):
    key = "readings/event_date=2026-11-29/event_hour=01/it's not.parquet"
    readings.s3.put_object(Bucket=readings.name, Key=key, Body=b"not Parquet, and longer than a footer")
    try:
        status = readings.run("SELECT count(*) FROM readings WHERE event_date = '2026-11-29'")["Status"]
    finally:
        readings.s3.delete_object(Bucket=readings.name, Key=key)
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"] == f"HIVE_BAD_DATA: Not valid Parquet file: s3://{readings.name}/{key}"


def test_the_result_is_a_csv_object_with_all_values_in_quotes(readings):
    execution = readings.run(
        f"SELECT device_id, event_time, temperature, event_hour FROM readings "
        f"WHERE event_date = '{DAY}' AND event_hour = 17 ORDER BY device_id"
    )
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{readings.name}/results/{execution['QueryExecutionId']}.csv"
    assert readings.text(location) == (
        '"device_id","event_time","temperature","event_hour"\n'
        '"a","2026-11-27 17:00:00.250","21.5","17"\n'
        '"b ""q"", 1","2026-11-27 17:30:00.000",,"17"\n'
    )


def test_results_come_by_page_with_names_first_and_nulls_without_value(readings):
    sql = f"SELECT device_id, temperature FROM readings WHERE event_date = '{DAY}' ORDER BY count, event_hour"
    query = {"QueryExecutionId": readings.run(sql)["QueryExecutionId"]}
    first = readings.athena.get_query_results(**query, MaxResults=2)
    second = readings.athena.get_query_results(**query, MaxResults=1000, NextToken=first["NextToken"])
    rows = [row["Data"] for page in (first, second) for row in page["ResultSet"]["Rows"]]
    assert rows[0] == [{"VarCharValue": "device_id"}, {"VarCharValue": "temperature"}]
    assert rows[1] == [{"VarCharValue": "a"}, {"VarCharValue": "21.5"}]
    assert rows[4] == [{"VarCharValue": 'b "q", 1'}, {}]
    assert len(rows) == 5
    assert "NextToken" not in second
    types = [column["Type"] for column in first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    assert types == ["varchar", "double"]


def test_unload_writes_parquet_below_its_target_and_a_manifest(readings):
    target = f"s3://{readings.name}/reports/{uuid.uuid4()}/"
    select = f"SELECT device_id, count FROM readings WHERE event_date = '{DAY}'"
    unload = f"UNLOAD ({select}) TO '{target}' WITH (format = 'PARQUET')"
    execution = readings.run(unload)
    assert execution["Status"]["State"] == "SUCCEEDED"
    written = readings.text(execution["Statistics"]["DataManifestLocation"]).split()
    assert all(uri.startswith(target) for uri in written)
    assert (
        readings.s3.list_objects_v2(Bucket=readings.name, Prefix=target.split("/", 3)[3])["KeyCount"]
        == len(written)
        == 1
    )
    results = readings.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert (results["UpdateCount"], results["ResultSet"]["Rows"]) == (4, [])
    again = readings.run(unload)
    assert "HIVE_PATH_ALREADY_EXISTS" in again["Status"]["StateChangeReason"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM missing", "TABLE_NOT_FOUND"),
        ("SELECT missing FROM readings", "COLUMN_NOT_FOUND: line 1:1: Column 'missing' cannot be resolved"),
        ("SELECT read_text('/etc/passwd')", "FUNCTION_NOT_FOUND: line 1:8: Function 'read_text' not registered"),
        ("SELECT * FROM read_csv('/etc/passwd')", "FUNCTION_NOT_FOUND"),
        ("SELECT * FROM '/etc/passwd'", "TABLE_NOT_FOUND"),
        ("SELECT event_hour = '17' FROM readings", "TYPE_MISMATCH"),
        ("SELECT 1/0", "DIVISION_BY_ZERO"),
        ("UNLOAD (SELECT 1 AS a) TO 's3://{bucket}/x/' WITH (format = 'ORC')", "NOT_SUPPORTED"),
    ],
)
def test_a_query_that_cannot_run_fails_with_a_reason(readings, sql, reason):
    execution = readings.run(sql.format(bucket=readings.name))
    assert execution["Status"]["State"] == "FAILED"
    assert execution["Status"]["StateChangeReason"].startswith(reason)
    assert execution["Status"]["AthenaError"]["ErrorCategory"] == 2
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        readings.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "CREATE TABLE t (a int)",
        "DROP TABLE readings",
        "SELECT '" + "x" * 262_144 + "'",
    ],
)
def test_a_text_that_is_not_a_query_is_refused_when_it_is_submitted(readings, sql):
    with pytest.raises(ClientError) as refused:
        readings.start(sql)
    assert code_of(refused) == "InvalidRequestException"


def test_the_same_client_request_token_starts_one_query(readings):
    token = uuid.uuid4().hex
    first = readings.start("SELECT 1", ClientRequestToken=token)
    assert readings.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        readings.start("SELECT 2", ClientRequestToken=token)


def test_a_workgroups_output_location_overrides_the_clients(readings):
    elsewhere = {"OutputLocation": f"s3://{readings.name}/elsewhere/"}
    execution = readings.run("SELECT 1", ResultConfiguration=elsewhere)
    assert "/results/" in execution["ResultConfiguration"]["OutputLocation"]
    with pytest.raises(ClientError, match="is not found"):
        readings.start("SELECT 1", WorkGroup="missing")
    with pytest.raises(ClientError, match="No output location provided"):
        readings.start("SELECT 1", WorkGroup="primary")


def test_a_query_that_would_read_more_than_the_workgroup_allows_is_cancelled(readings):
    readings.put("2026-06-01", 1, "SELECT 'a' AS device_id, random()::DOUBLE AS temperature FROM range(1500000)")
    execution = readings.run("SELECT count(*) FROM readings WHERE event_date = '2026-06-01'")
    assert execution["Status"]["State"] == "CANCELLED"
    assert "Bytes scanned limit" in execution["Status"]["StateChangeReason"]


def test_each_change_of_state_is_an_event(readings, aws):
    sqs = aws.client("sqs")
    queue = sqs.get_queue_url(QueueName=readings.name)["QueueUrl"]
    query_id, events = readings.run("SELECT 1/0")["QueryExecutionId"], {}

    def received():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            event = json.loads(message["Body"])
            if event["detail"]["queryExecutionId"] == query_id:
                events[event["detail"]["sequenceNumber"]] = event
        return events

    wait_until(received, "three events", lambda events: len(events) == 3)
    details = [events[number]["detail"] for number in "123"]
    assert [(d.get("previousState"), d["currentState"]) for d in details] == [
        (None, "QUEUED"),
        ("QUEUED", "RUNNING"),
        ("RUNNING", "FAILED"),
    ]
    assert (events["3"]["source"], events["3"]["detail-type"]) == ("aws.athena", "Athena Query State Change")
    assert details[2]["athenaError"]["retryable"] is False
    assert details[2]["workgroupName"] == readings.name


def test_a_query_uses_the_permissions_of_its_caller(readings, aws):
    bucket, catalog = f"arn:aws:s3:::{readings.name}", "arn:aws:glue:us-east-1:000000000000:"
    workgroup = f"arn:aws:athena:us-east-1:000000000000:workgroup/{readings.name}"
    table = [f"{catalog}catalog", f"{catalog}database/{readings.name}", f"{catalog}table/{readings.name}/readings"]
    allowed = [
        statement(["athena:StartQueryExecution", "athena:GetQueryExecution"], workgroup),
        statement("glue:GetTable", table),
        statement(["s3:GetBucketLocation", "s3:ListBucket"], bucket),
        statement("s3:GetObject", f"{bucket}/readings/*"),
        statement("s3:PutObject", f"{bucket}/results/*"),
    ]
    sql = f"SELECT count(*) FROM readings WHERE event_date = '{DAY}'"

    def outcome(*statements) -> str:
        execution = readings.finished(readings.start(sql, User(aws, policy(*statements)).client("athena")))
        return execution["Status"].get("StateChangeReason", execution["Status"]["State"])

    assert outcome(*allowed) == "SUCCEEDED"
    for missing in (1, 3, 4):
        assert outcome(*allowed[:missing], *allowed[missing + 1 :]).startswith("PERMISSION_DENIED"), allowed[missing]
    with pytest.raises(ClientError, match="output bucket"):
        outcome(*allowed[:2], *allowed[3:])
    with pytest.raises(ClientError) as refused:
        outcome(*allowed[1:])
    assert code_of(refused) == "AccessDeniedException"


def test_running_queries_can_be_stopped(readings):
    numbers = ", ".join(f"(SELECT count FROM readings) t{n}" for n in range(24))
    endless = f"SELECT count(*) FROM {numbers} WHERE t0.count > abs(t1.count - 2)"
    ids = [readings.start(endless) for _ in range(3)]

    def running():
        executions = [readings.athena.get_query_execution(QueryExecutionId=query_id) for query_id in ids]
        return [execution["QueryExecution"]["Status"]["State"] for execution in executions].count("RUNNING")

    wait_until(running, "two of them run, the third waits", lambda count: count == 2)
    for query_id in ids:
        readings.athena.stop_query_execution(QueryExecutionId=query_id)
    assert [readings.finished(query_id)["Status"]["State"] for query_id in ids] == ["CANCELLED"] * 3
    assert readings.rows("SELECT 1") == [["_col0"], ["1"]]


def test_faults_refuse_calls_and_fail_started_queries(readings, inject):
    inject(service="athena", operation="StartQueryExecution", action="throttle", count=1)
    with pytest.raises(ClientError) as throttled:
        readings.start("SELECT 1")
    assert code_of(throttled) == "TooManyRequestsException"
    inject(service="athena", operation="RunQuery", action="fail", count=1)
    status = readings.run("SELECT 1")["Status"]
    assert (status["State"], status["AthenaError"]["ErrorCategory"]) == ("FAILED", 1)
    assert status["AthenaError"]["Retryable"] is True


def test_an_operation_that_is_not_served_is_refused(readings):
    with pytest.raises(ClientError) as refused:
        readings.athena.create_named_query(Name="n", Database="d", QueryString="SELECT 1")
    assert code_of(refused) == "UnknownOperationException"
