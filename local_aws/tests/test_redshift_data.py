"""The Redshift Data API: statements, results, events, permissions, and COPY and UNLOAD with the rights of a role."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests.iam_principals import User, policy, statement
from local_aws.tests.redshift import Workgroup, attached_role


@pytest.fixture(scope="module")
def bucket(aws):
    name = f"reports-{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def role(aws, bucket):
    return attached_role(
        aws,
        statement("s3:ListBucket", f"arn:aws:s3:::{bucket}"),
        statement(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/open/*"),
    )


@pytest.fixture(scope="module")
def workgroup(aws, role):
    return Workgroup(aws, roles=(role,))


def refusal(call, **arguments) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_statement_is_described_and_its_rows_are_read_by_page(workgroup):
    workgroup.run(
        "CREATE TABLE many (n BIGINT, name VARCHAR(20))",
        "INSERT INTO many VALUES (1, 'a'), (2, NULL)",
        *["INSERT INTO many SELECT n + (SELECT COUNT(*) FROM many), name FROM many"] * 10,
    )
    description = workgroup.run("SELECT n, name, n / 2.0 AS half, n = 1 AS first FROM many ORDER BY n")
    assert (description["ResultRows"], description["HasResultSet"]) == (2048, True)
    pages = list(workgroup.data.get_paginator("get_statement_result").paginate(Id=description["Id"]))
    assert [len(page["Records"]) for page in pages] == [1000, 1000, 48]
    assert pages[0]["TotalNumRows"] == 2048
    assert [(column["name"], column["typeName"]) for column in pages[0]["ColumnMetadata"]][:2] == [
        ("n", "int8"),
        ("name", "varchar"),
    ]
    assert pages[0]["Records"][1][:2] == [{"longValue": 2}, {"isNull": True}]
    assert pages[0]["Records"][0][3] == {"booleanValue": True}


def test_a_batch_is_one_transaction_with_a_result_for_each_statement(workgroup):
    workgroup.run("CREATE TABLE batch (n INT)")
    description = workgroup.run(
        "INSERT INTO batch VALUES (:n), (2)", "SELECT n FROM batch ORDER BY n", Parameters=[{"name": "n", "value": "1"}]
    )
    parts = description["SubStatements"]
    assert [(part["Status"], part["ResultRows"], part["HasResultSet"]) for part in parts] == [
        ("FINISHED", 2, False),
        ("FINISHED", 2, True),
    ]
    rows = workgroup.data.get_statement_result(Id=parts[1]["Id"])["Records"]
    assert rows == [[{"longValue": 1}], [{"longValue": 2}]]
    failed = workgroup.wait(workgroup.submit("DELETE FROM batch", "SELECT * FROM nothing", "SELECT 1"))
    assert failed["Status"] == "FAILED"
    assert 'relation "nothing" does not exist' in failed["Error"]
    assert [part["Status"] for part in failed["SubStatements"]] == ["ABORTED", "FAILED", "ABORTED"]
    assert workgroup.rows("SELECT COUNT(*) FROM batch") == [(2,)]


def test_a_client_token_sends_a_statement_once(workgroup):
    workgroup.run("CREATE TABLE once (n INT)")
    token = {"ClientToken": uuid.uuid4().hex}
    first = workgroup.submit("INSERT INTO once VALUES (1)", **token)
    assert workgroup.submit("INSERT INTO once VALUES (1)", **token) == first
    workgroup.wait(first)
    assert workgroup.submit("INSERT INTO once VALUES (1)", **token) == first
    assert workgroup.rows("SELECT COUNT(*) FROM once") == [(1,)]


def test_parameters_that_do_not_fit_the_statement_are_refused(workgroup):
    target = {"WorkgroupName": workgroup.name, "Database": "pipeline"}
    unused = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    code, message = refusal(workgroup.data.execute_statement, Sql="SELECT :a, ':b'", Parameters=unused, **target)
    assert (code, message) == (
        "ValidationException",
        "Parameters list contains unused parameters. Unused parameters: [b]",
    )
    code, _ = refusal(workgroup.data.execute_statement, Sql="SELECT :a, :c", Parameters=unused[:1], **target)
    assert code == "ValidationException"


def test_what_is_not_served_is_refused(workgroup):
    data, target = workgroup.data, {"WorkgroupName": workgroup.name, "Database": "pipeline"}
    assert refusal(data.list_tables, **target)[0] == "UnknownOperationException"
    assert refusal(data.execute_statement, Sql="SELECT 1", ResultFormat="CSV", **target)[0] == "ValidationException"
    wrong = {**target, "WorkgroupName": "no-such-workgroup"}
    assert "endpoint doesn't exist" in refusal(data.execute_statement, Sql="SELECT 1", **wrong)[1]
    assert "does not exist" in refusal(data.execute_statement, Sql="SELECT 1", **{**target, "Database": "x"})[1]
    missing = str(uuid.uuid4())
    assert refusal(data.describe_statement, Id=missing)[0] == "ResourceNotFoundException"
    no_rows = workgroup.run("CREATE TABLE no_rows (n INT)")["Id"]
    assert refusal(data.get_statement_result, Id=no_rows)[0] == "ResourceNotFoundException"


def test_a_statement_is_cancelled(workgroup):
    workgroup.run("CREATE TABLE digits (n INT)", "INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)")
    product = ", ".join(f"digits d{i}" for i in range(12))
    running = workgroup.submit(f"SELECT COUNT(DISTINCT d0.n * d11.n + d5.n) FROM {product}")
    waiting = workgroup.submit("INSERT INTO digits VALUES (10)")
    wait_until(lambda: workgroup.data.describe_statement(Id=running)["Status"] == "STARTED", "the statement runs")
    assert workgroup.data.cancel_statement(Id=waiting)["Status"]
    assert workgroup.data.cancel_statement(Id=running)["Status"]
    assert [workgroup.wait(each)["Status"] for each in (running, waiting)] == ["ABORTED", "ABORTED"]
    assert workgroup.rows("SELECT COUNT(*) FROM digits") == [(10,)]
    assert refusal(workgroup.data.cancel_statement, Id=running)[0] == "ValidationException"


def test_statements_are_listed_for_their_caller(aws, workgroup):
    name = uuid.uuid4().hex
    ids = [workgroup.run("SELECT 1", StatementName=f"{name}-{i}")["Id"] for i in range(3)]
    failed = workgroup.wait(workgroup.submit("SELECT nothing", StatementName=name))["Id"]
    listed = workgroup.data.list_statements(StatementName=name, MaxResults=2)
    rest = workgroup.data.list_statements(StatementName=name, MaxResults=2, NextToken=listed["NextToken"])
    assert [each["Id"] for each in listed["Statements"] + rest["Statements"]] == ids[::-1]
    of_status = workgroup.data.list_statements(StatementName=name, Status="FAILED")["Statements"]
    assert [each["Id"] for each in of_status] == [failed]
    other = User(aws, policy(statement("redshift-data:*"))).client("redshift-data")
    assert other.list_statements(StatementName=name)["Statements"] == []


def test_an_ended_statement_sends_the_documented_event(aws, workgroup):
    queue = aws.client("sqs").create_queue(QueueName=f"loads-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events, rule = aws.client("events"), f"loads-{uuid.uuid4().hex[:8]}"
    pattern = {"source": ["aws.redshift-data"], "resources": [workgroup.arn]}
    rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    allowed = statement(
        "sqs:SendMessage",
        arn,
        Principal={"Service": "events.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": rule_arn}},
    )
    aws.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(allowed)})
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    workgroup.run("SELECT 1")
    sent = workgroup.wait(workgroup.submit("SELECT 1", "SELECT x", WithEvent=True, StatementName="load"))
    messages = wait_until(
        lambda: aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"), "the event"
    )
    event = json.loads(messages[0]["Body"])
    assert len(messages) == 1
    assert event["detail-type"] == "Redshift Data Statement Status Change"
    detail = event["detail"]
    assert (detail["statementId"], detail["statementName"], detail["state"]) == (sent["Id"], "load", "FAILED")
    assert {"principal", "rows", "redshiftQueryId", "expireAt"} <= set(detail)


def test_the_callers_permissions_and_database_user(aws, workgroup):
    workgroup.run("CREATE TABLE private (n INT)")
    run = statement("redshift-data:ExecuteStatement", workgroup.arn)
    login = statement("redshift-serverless:GetCredentials", workgroup.arn)
    target = {"WorkgroupName": workgroup.name, "Database": "pipeline", "Sql": "SELECT * FROM private"}
    without_login = User(aws, policy(run)).client("redshift-data")
    code, message = refusal(without_login.execute_statement, **target)
    assert (code, "redshift-serverless:GetCredentials" in message) == ("AccessDeniedException", True)
    other = Workgroup(aws)
    for_other = User(aws, policy(statement("redshift-data:ExecuteStatement", other.arn), login)).client("redshift-data")
    assert refusal(for_other.execute_statement, **target)[0] == "AccessDeniedException"
    own = statement(
        "redshift-data:DescribeStatement",
        Condition={"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}},
    )
    reader = User(aws, policy(run, login, own), tags={"RedshiftDbRoles": "readers:none"})
    data = reader.client("redshift-data")
    assert "permission denied" in workgroup.error(target["Sql"], data=data, as_admin=False)
    workgroup.run("CREATE ROLE readers", "GRANT SELECT ON private TO ROLE readers")
    allowed = workgroup.run(target["Sql"], data=data, as_admin=False)
    assert allowed["DbUser"] == f"IAM:{reader.name}"
    assert data.describe_statement(Id=allowed["Id"])["Status"] == "FINISHED"
    of_admin = workgroup.run("SELECT 1")["Id"]
    assert refusal(data.describe_statement, Id=of_admin)[0] == "AccessDeniedException"
    with_secret = {**target, "SecretArn": workgroup.secret}
    assert "secretsmanager:GetSecretValue" in refusal(data.execute_statement, **with_secret)[1]


def test_copy_and_unload_use_the_role_of_the_statement(aws, workgroup, bucket, role):
    s3 = aws.client("s3")
    for prefix in ("open", "closed"):
        s3.put_object(Bucket=bucket, Key=f"{prefix}/rows.csv", Body=b"1\n2\n")
    workgroup.run("CREATE TABLE copied (n BIGINT)")
    copy = f"COPY copied FROM 's3://{bucket}/open/rows' IAM_ROLE '{role}' CSV"
    assert workgroup.run(copy)["ResultRows"] == 2
    assert "AccessDenied" in workgroup.error(copy.replace("open", "closed"))
    unload = (
        f"UNLOAD ('SELECT n FROM copied ORDER BY n') TO 's3://{bucket}/open/out' IAM_ROLE '{role}' CSV PARALLEL OFF"
    )
    workgroup.run(unload)
    assert s3.get_object(Bucket=bucket, Key="open/out000.csv")["Body"].read() == b"1\n2\n"
    assert "AccessDenied" in workgroup.error(unload.replace("open/", "closed/other"))
    not_attached = attached_role(aws, statement("s3:*"))
    assert "not authorized to assume IAM Role" in workgroup.error(copy.replace(role, not_attached))
    foreign = attached_role(
        aws,
        statement("s3:*"),
        trust=policy(statement("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"}) | {"Resource": "*"}),
    )
    aws.client("redshift-serverless").update_namespace(namespaceName=workgroup.name, iamRoles=[role, foreign])
    assert "not authorized to assume IAM Role" in workgroup.error(copy.replace(role, foreign))
    assert workgroup.rows("SELECT COUNT(*) FROM copied") == [(2,)]


def test_a_fault_rule_fails_a_started_statement(workgroup, inject):
    inject(service="redshift-data", operation="RunStatement", action="fail", count=1)
    assert "1023" in workgroup.error("SELECT 1")
    assert workgroup.rows("SELECT 1") == [(1,)]
