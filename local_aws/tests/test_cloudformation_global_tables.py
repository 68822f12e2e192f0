"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html"""

import json
import uuid

import pytest
from botocore.exceptions import WaiterError

from local_aws.tests.global_tables import HOME, OTHER, THIRD, wait_for
from local_aws.tests.stream_tables import Table

PROPERTIES = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "say", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-say",
            "KeySchema": [{"AttributeName": "say", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
    "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True},
    "SSESpecification": {"SSEEnabled": True},
}


class Stack:
    """A stack with one global table."""

    def __init__(self, aws, *regions, **properties):
        self.aws, self.name = aws, f"stack-{uuid.uuid4().hex[:8]}"
        self.cloudformation = aws.client("cloudformation")
        self.cloudformation.create_stack(StackName=self.name, TemplateBody=self.template(*regions, **properties))
        self.wait("create")

    def template(self, *regions, **properties):
        replicas = [
            region
            if isinstance(region, dict)
            else {"Region": region, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
            for region in regions
        ]
        resource = {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {**PROPERTIES, "Replicas": replicas, **properties},
        }
        outputs = {name: {"Value": {"Fn::GetAtt": ["Posts", name]}} for name in ("Arn", "StreamArn", "TableId")}
        outputs["Name"] = {"Value": {"Ref": "Posts"}}
        return json.dumps({"Resources": {"Posts": resource}, "Outputs": outputs})

    def wait(self, what):
        waiter = self.cloudformation.get_waiter(f"stack_{what}_complete")
        waiter.wait(StackName=self.name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 50})

    def update(self, *regions, **properties):
        self.cloudformation.update_stack(StackName=self.name, TemplateBody=self.template(*regions, **properties))
        self.wait("update")

    def delete(self):
        self.cloudformation.delete_stack(StackName=self.name)
        self.wait("delete")

    @property
    def outputs(self):
        (stack,) = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def table(self, region):
        return Table(self.aws, region, self.outputs["Name"])


def exists(table):
    return table.name in table.dynamodb.list_tables()["TableNames"]


def test_each_region_has_a_replica_as_the_template_says(aws):
    stack = Stack(aws, HOME, OTHER)
    home, other = stack.table(HOME), stack.table(OTHER)
    home.put("a", say="one")
    wait_for(other, "a", "one")
    assert stack.outputs["Arn"] == home.description["TableArn"]
    assert stack.outputs["StreamArn"] == home.stream_arn
    assert stack.outputs["TableId"] == home.description["TableId"]
    for table in (home, other):
        assert table.changes() == [("INSERT", "a")]
        assert [index["IndexName"] for index in table.description["GlobalSecondaryIndexes"]] == ["by-say"]
        time_to_live = table.dynamodb.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
        assert time_to_live == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
        backups = table.dynamodb.describe_continuous_backups(TableName=table.name)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_an_update_adds_and_removes_replicas_and_keeps_items(aws):
    stack = Stack(aws, HOME, OTHER)
    stack.table(HOME).put("a", say="one")
    wait_for(stack.table(OTHER), "a", "one")
    stack.update(HOME, THIRD)
    assert stack.table(THIRD).word("a") == "one"
    assert stack.table(HOME).word("a") == "one"
    assert not exists(stack.table(OTHER))
    stack.table(HOME).put("b", say="two")
    wait_for(stack.table(THIRD), "b", "two")


def test_deleting_the_stack_deletes_all_replicas(aws):
    stack = Stack(aws, HOME, OTHER)
    tables = [stack.table(HOME), stack.table(OTHER)]
    stack.delete()
    assert not any(map(exists, tables))


def test_a_protected_replica_prevents_the_deletion_of_all(aws):
    stack = Stack(aws, HOME, {"Region": OTHER, "DeletionProtectionEnabled": True})
    tables = [stack.table(HOME), stack.table(OTHER)]
    with pytest.raises(WaiterError):
        stack.delete()
    assert all(map(exists, tables))
    tables[1].dynamodb.update_table(TableName=tables[1].name, DeletionProtectionEnabled=False)
    stack.delete()
    assert not any(map(exists, tables))


def test_the_stacks_region_must_be_one_of_the_replicas(aws):
    with pytest.raises(WaiterError):
        Stack(aws, OTHER)


def test_an_update_adds_an_index_to_all_replicas(aws):
    plain = {"AttributeDefinitions": PROPERTIES["AttributeDefinitions"][:1], "GlobalSecondaryIndexes": []}
    stack = Stack(aws, HOME, OTHER, **plain)
    stack.table(HOME).put("a", say="one")
    wait_for(stack.table(OTHER), "a", "one")
    stack.update(HOME, OTHER)
    for table in (stack.table(HOME), stack.table(OTHER)):
        key = {"KeyConditionExpression": "say = :say", "ExpressionAttributeValues": {":say": {"S": "one"}}}
        answer = table.dynamodb.query(TableName=table.name, IndexName="by-say", **key)
        assert [item["id"]["S"] for item in answer["Items"]] == ["a"]
