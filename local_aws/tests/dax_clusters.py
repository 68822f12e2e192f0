"""DAX clusters for tests: a stack with a table and a cluster, and AWS's client connected to it."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from amazondax import AmazonDaxClient
from botocore.config import Config


def template(role_actions=("dynamodb:*",), trusted="dax.amazonaws.com", **cluster: Any) -> dict[str, Any]:
    """A table with a partition key `pk` and a sort key `sk`, a global index, and a cluster."""
    trust = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    tables = [{"Fn::Sub": arn} for arn in ("${Table.Arn}*",)]
    allowed = {"Effect": "Allow", "Action": list(role_actions), "Resource": tables}
    described = {"Effect": "Allow", "Action": "dynamodb:DescribeTable", "Resource": "*"}
    return {
        "Resources": {
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [
                        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "group")
                    ],
                    "KeySchema": key_schema("pk", "sk"),
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": "by-group",
                            "KeySchema": key_schema("group", "sk"),
                            "Projection": {"ProjectionType": "ALL"},
                        }
                    ],
                },
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [
                        {
                            "PolicyName": "dynamodb",
                            "PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed, described]},
                        }
                    ],
                },
            },
            "Times": {
                "Type": "AWS::DAX::ParameterGroup",
                "Properties": {"ParameterNameValues": {"record-ttl-millis": "60000", "query-ttl-millis": 60000}},
            },
            "Subnets": {"Type": "AWS::DAX::SubnetGroup", "Properties": {"SubnetIds": ["subnet-1", "subnet-2"]}},
            "Cluster": {
                "Type": "AWS::DAX::Cluster",
                "Properties": {
                    "IAMRoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
                    "NodeType": "dax.t3.small",
                    "ReplicationFactor": 1,
                    "ParameterGroupName": {"Ref": "Times"},
                    "SubnetGroupName": {"Ref": "Subnets"},
                    **cluster,
                },
            },
        },
        "Outputs": {
            "Table": {"Value": {"Ref": "Table"}},
            "Name": {"Value": {"Ref": "Cluster"}},
            "Arn": {"Value": {"Fn::GetAtt": ["Cluster", "Arn"]}},
            "Url": {"Value": {"Fn::GetAtt": ["Cluster", "ClusterDiscoveryEndpointURL"]}},
            "Endpoint": {"Value": {"Fn::GetAtt": ["Cluster", "ClusterDiscoveryEndpoint"]}},
        },
    }


def key_schema(*names: str) -> list[dict[str, str]]:
    """A key schema of a partition key, and of a sort key if there is one."""
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


@dataclass
class Cluster:
    """A deployed stack with a cluster, and the clients that are connected to it."""

    stack: str
    table: str
    name: str
    arn: str
    url: str
    endpoint: str
    _clients: list[AmazonDaxClient] = field(default_factory=list)

    def client(self, key: str = "test", secret: str = "test", read_seconds: int = 60) -> AmazonDaxClient:
        """AWS's client for DAX, which tries each call once."""
        connected = AmazonDaxClient(
            botocore.session.Session(),
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(connect_timeout=30, read_timeout=read_seconds, retries={"max_attempts": 0}),
        )
        self._clients.append(connected)
        return connected

    def close(self) -> None:
        """Close the clients."""
        while self._clients:
            self._clients.pop().close()


def create(aws: Any, **wanted: Any) -> Cluster:
    """Deploy the template."""
    cloudformation, stack = aws.client("cloudformation"), f"dax-{uuid.uuid4().hex[:8]}"
    cloudformation.create_stack(
        StackName=stack, TemplateBody=json.dumps(template(**wanted)), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.1})
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return Cluster(stack, **{each["OutputKey"].lower(): each["OutputValue"] for each in described["Outputs"]})
