"""A workgroup of Redshift Serverless for tests, and calls of the Data API that wait for the result."""

import json
import uuid

from local_aws.testing import wait_until

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]},
            }
        ],
    }
)
ENDED = ("FINISHED", "FAILED", "ABORTED")


class Workgroup:
    """A namespace and a workgroup of the same name, with a database `pipeline` and an administrator's secret."""

    def __init__(self, aws, name: str = "", roles: tuple[str, ...] = ()) -> None:
        self.aws, self.name = aws, name or f"warehouse-{uuid.uuid4().hex[:8]}"
        serverless = aws.client("redshift-serverless")
        self.namespace = serverless.create_namespace(
            namespaceName=self.name, dbName="pipeline", manageAdminPassword=True, iamRoles=list(roles)
        )["namespace"]
        workgroup = serverless.create_workgroup(workgroupName=self.name, namespaceName=self.name, baseCapacity=8)
        self.arn = workgroup["workgroup"]["workgroupArn"]
        self.data = aws.client("redshift-data")

    @property
    def secret(self) -> str:
        return self.namespace["adminPasswordSecretArn"]

    def submit(self, *sqls: str, data=None, as_admin: bool = True, **more) -> str:
        """Send statements, as a batch if there are several; returns the id."""
        data = data or self.data
        login = {"SecretArn": self.secret} if as_admin else {}
        target = {"WorkgroupName": self.name, "Database": "pipeline", **login, **more}
        if len(sqls) == 1:
            return data.execute_statement(Sql=sqls[0], **target)["Id"]
        return data.batch_execute_statement(Sqls=list(sqls), **target)["Id"]

    def wait(self, statement_id: str):
        """The description of a statement that has ended."""
        describe = lambda: self.data.describe_statement(Id=statement_id)  # noqa: E731
        return wait_until(describe, "the statement ends", lambda found: found["Status"] in ENDED)

    def run(self, *sqls: str, **more):
        """Run statements that must finish; returns the description."""
        description = self.wait(self.submit(*sqls, **more))
        assert description["Status"] == "FINISHED", description.get("Error")
        return description

    def error(self, *sqls: str, **more) -> str:
        """Run statements that must fail; returns the error."""
        description = self.wait(self.submit(*sqls, **more))
        assert description["Status"] == "FAILED", description
        return description["Error"]

    def rows(self, sql: str, **more):
        """The values of a query's rows."""
        pages = self.data.get_paginator("get_statement_result").paginate(Id=self.run(sql, **more)["Id"])
        records = [record for page in pages for record in page["Records"]]
        return [tuple(None if "isNull" in cell else next(iter(cell.values())) for cell in record) for record in records]


def attached_role(aws, *statements: dict, trust: str = TRUST) -> str:
    """A role that Redshift may assume, with one policy; returns its ARN."""
    iam, name = aws.client("iam"), f"copy-{uuid.uuid4().hex[:8]}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=document)
    return arn
