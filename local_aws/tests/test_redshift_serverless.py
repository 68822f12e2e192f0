"""Redshift Serverless in templates, and databases over a restart."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import EmbeddedAws
from local_aws.tests.iam_principals import statement
from local_aws.tests.redshift import Workgroup, attached_role

TEMPLATE = {
    "Parameters": {"CopyRole": {"Type": "String", "Default": ""}},
    "Resources": {
        "Namespace": {
            "Type": "AWS::RedshiftServerless::Namespace",
            "Properties": {
                "NamespaceName": "in-a-stack",
                "DbName": "pipeline",
                "ManageAdminPassword": True,
                "IamRoles": [{"Ref": "CopyRole"}],
                "DefaultIamRoleArn": {"Ref": "CopyRole"},
            },
        },
        "Workgroup": {
            "Type": "AWS::RedshiftServerless::Workgroup",
            "Properties": {
                "WorkgroupName": "in-a-stack",
                "NamespaceName": {"Ref": "Namespace"},
                "BaseCapacity": 8,
                "PubliclyAccessible": False,
            },
        },
    },
    "Outputs": {
        "Workgroup": {"Value": {"Ref": "Workgroup"}},
        "WorkgroupArn": {"Value": {"Fn::GetAtt": ["Workgroup", "Workgroup.WorkgroupArn"]}},
        "Endpoint": {"Value": {"Fn::GetAtt": ["Workgroup", "Workgroup.Endpoint.Address"]}},
    },
}


def outputs(cloudformation, stack: str) -> dict[str, str]:
    found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return {each["OutputKey"]: each["OutputValue"] for each in found}


def deploy(cloudformation, call: str, waiter: str, stack: str, role: str) -> None:
    parameters = [{"ParameterKey": "CopyRole", "ParameterValue": role}]
    getattr(cloudformation, call)(StackName=stack, TemplateBody=json.dumps(TEMPLATE), Parameters=parameters)
    cloudformation.get_waiter(waiter).wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def test_a_namespace_and_a_workgroup_in_a_template(aws):
    cloudformation, stack = aws.client("cloudformation"), f"warehouse-{uuid.uuid4().hex[:8]}"
    first, second = (attached_role(aws, statement("s3:GetObject")) for _ in range(2))
    deploy(cloudformation, "create_stack", "stack_create_complete", stack, first)
    found = outputs(cloudformation, stack)
    serverless = aws.client("redshift-serverless")
    workgroup = serverless.get_workgroup(workgroupName=found["Workgroup"])["workgroup"]
    assert found["WorkgroupArn"] == workgroup["workgroupArn"]
    assert found["Endpoint"] == workgroup["endpoint"]["address"]
    arn = serverless.get_namespace(namespaceName="in-a-stack")["namespace"]["adminPasswordSecretArn"]
    secret = json.loads(aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert secret["username"] == "admin"
    deploy(cloudformation, "update_stack", "stack_update_complete", stack, second)
    namespace = serverless.get_namespace(namespaceName="in-a-stack")["namespace"]
    assert (namespace["iamRoles"], namespace["defaultIamRoleArn"]) == ([second], second)
    with pytest.raises(ClientError, match="has a workgroup"):
        serverless.delete_namespace(namespaceName="in-a-stack")
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    with pytest.raises(ClientError, match="not found"):
        serverless.get_namespace(namespaceName="in-a-stack")


def test_what_is_not_served_is_refused(aws):
    serverless = aws.client("redshift-serverless")
    with pytest.raises(ClientError, match="UnknownOperationException"):
        serverless.list_namespaces()
    with pytest.raises(ClientError, match="kmsKeyId is not supported"):
        serverless.create_namespace(namespaceName="with-a-key", kmsKeyId="key")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        serverless.create_workgroup(workgroupName="alone", namespaceName="no-such-namespace")


@pytest.fixture
def own_aws(tmp_path):
    server = EmbeddedAws(tmp_path / "aws").start()
    yield server
    server.stop()


def test_a_restart_has_what_was_committed_and_runs_what_was_not(own_aws):
    workgroup = Workgroup(own_aws)
    workgroup.run("CREATE TABLE kept (n INT)", "INSERT INTO kept VALUES (1)")
    query = workgroup.run("SELECT n FROM kept")["Id"]
    digits = ", ".join(["(0),(1),(2),(3),(4),(5),(6),(7),(8),(9)"])
    workgroup.run("CREATE TABLE digits (n INT)", f"INSERT INTO digits VALUES {digits}")
    product = ", ".join(f"digits d{i}" for i in range(12))
    slow = workgroup.submit("INSERT INTO kept VALUES (2)", f"SELECT COUNT(DISTINCT d0.n * d11.n + d5.n) FROM {product}")
    waiting = workgroup.submit("INSERT INTO kept VALUES (3)")
    own_aws.wait_until_saved()
    own_aws.kill()
    own_aws.start()
    data = workgroup.data
    assert data.get_statement_result(Id=query)["Records"] == [[{"longValue": 1}]]
    assert data.describe_statement(Id=slow)["Status"] in ("SUBMITTED", "STARTED")
    data.cancel_statement(Id=slow)
    assert workgroup.wait(slow)["Status"] == "ABORTED"
    assert workgroup.wait(waiting)["Status"] == "FINISHED"
    assert workgroup.rows("SELECT n FROM kept ORDER BY n") == [(1,), (3,)]
    own_aws.wait_until_saved()
    # One file for the database, one for each of the two results, and those that only the save before this one names.
    files = [path.name for path in (own_aws.state_dir / "redshift").iterdir() if path.is_file()]
    kinds = [name.rpartition(".")[2] for name in files]
    assert kinds.count("duckdb") in (1, 2)
    assert kinds.count("json") in (2, 3)
