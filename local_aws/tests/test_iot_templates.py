"""IoT resources in templates: what the resource types create, change and return.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IoT.html
"""

import json

import pytest

from local_aws.testing import wait_until
from local_aws.tests.mqtt_devices import Device, device_policy

CAPABILITIES = ["CAPABILITY_IAM"]
KINESIS = {"StreamName": {"Ref": "Stream"}, "PartitionKey": "${topic(2)}", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
QUEUE = {"QueueUrl": {"Ref": "Queue"}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "UseBase64": False}


def template(sql: str, *, action: dict | None = None) -> str:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "iot.amazonaws.com"}}
    allowed = {"Effect": "Allow", "Action": ["kinesis:PutRecord", "sqs:SendMessage"], "Resource": "*"}
    rule = {
        "Sql": sql,
        "AwsIotSqlVersion": "2016-03-23",
        "Actions": [action or {"Kinesis": KINESIS}],
        "ErrorAction": {"Sqs": QUEUE},
    }
    resources = {
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                "Policies": [
                    {"PolicyName": "write", "PolicyDocument": {"Version": "2012-10-17", "Statement": allowed}}
                ],
            },
        },
        "Kind": {"Type": "AWS::IoT::ThingType", "Properties": {"ThingTypeName": "sensor-in-a-template"}},
        "Policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": json.loads(device_policy())}},
        "Rule": {"Type": "AWS::IoT::TopicRule", "Properties": {"TopicRulePayload": rule}},
    }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Stream", "Kind", "Policy", "Rule")}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.fixture(scope="module")
def stack(aws):
    cloudformation = aws.client("cloudformation")
    sql = "SELECT topic(2) AS device_id FROM 'devices/+/telemetry'"
    cloudformation.create_stack(StackName="devices", TemplateBody=template(sql), Capabilities=CAPABILITIES)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="devices", WaiterConfig={"Delay": 0.1})
    outputs = cloudformation.describe_stacks(StackName="devices")["Stacks"][0]["Outputs"]
    yield {output["OutputKey"]: output["OutputValue"] for output in outputs}
    cloudformation.delete_stack(StackName="devices")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="devices", WaiterConfig={"Delay": 0.1})
    assert not aws.client("iot").list_topic_rules()["rules"]


def test_a_device_with_the_policy_of_the_template_reaches_the_stream_of_its_rule(aws, stack):
    device, iot = Device(aws), aws.client("iot")
    iot.detach_policy(policyName=device.name, target=device.certificate_arn)
    iot.attach_policy(policyName=stack["Policy"], target=device.certificate_arn)
    iot.update_thing(thingName=device.name, thingTypeName=stack["Kind"])
    with device.connection() as connection:
        assert connection.next_event() == ("connected", 0)
        assert connection.publish(device.topic, b"{}") == "acknowledged"
    # A stack whose policy or thing type is in use cannot be deleted.
    iot.detach_policy(policyName=stack["Policy"], target=device.certificate_arn)
    iot.update_thing(thingName=device.name, removeThingType=True)
    kinesis = aws.client("kinesis")
    where = {"StreamName": stack["Stream"], "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**where)["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert json.loads(record["Data"]) == {"device_id": device.name}


def test_an_update_changes_the_rule_and_keeps_its_name(aws, stack):
    sql = "SELECT * FROM 'devices/+/telemetry'"
    cloudformation = aws.client("cloudformation")
    cloudformation.update_stack(StackName="devices", TemplateBody=template(sql), Capabilities=CAPABILITIES)
    cloudformation.get_waiter("stack_update_complete").wait(StackName="devices", WaiterConfig={"Delay": 0.1})
    rule = aws.client("iot").get_topic_rule(ruleName=stack["Rule"])["rule"]
    assert rule["sql"] == sql
    assert rule["actions"][0]["kinesis"]["partitionKey"] == "${topic(2)}"
    assert rule["errorAction"]["sqs"]["useBase64"] is False


def test_a_stack_with_an_action_that_is_not_served_fails(aws):
    cloudformation = aws.client("cloudformation")
    body = template("SELECT * FROM 'a'", action={"Lambda": {"FunctionArn": "arn:aws:lambda:us-east-1:0:function:f"}})
    body = body.replace("sensor-in-a", "other-sensor-in-a")
    cloudformation.create_stack(StackName="refused", TemplateBody=body, Capabilities=CAPABILITIES)

    def status() -> str:
        return cloudformation.describe_stacks(StackName="refused")["Stacks"][0]["StackStatus"]

    assert wait_until(status, until=lambda status: status.endswith("_COMPLETE")) == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="refused")["StackEvents"]
    assert any("the action lambda" in event.get("ResourceStatusReason", "") for event in events)
