"""Topic rules for conformance tests, with a stream and a queue."""

import json
import uuid

from local_aws.testing import wait_until
from local_aws.tests.iam_principals import policy, statement

ENVELOPE = (
    "SELECT encode(*, 'base64') AS payload, topic(2) AS device_id, timestamp() AS received_at, "
    "newuuid() AS source_id, clientid() AS client FROM 'devices/+/telemetry'"
)


class Rules:
    """A stream, a queue, and rules that a role of theirs lets write there."""

    def __init__(self, aws, shards: int = 1) -> None:
        self.aws, self.stream = aws, f"stream-{uuid.uuid4().hex[:8]}"
        aws.client("kinesis").create_stream(StreamName=self.stream, ShardCount=shards)
        self.queue_url = aws.client("sqs").create_queue(QueueName=self.stream)["QueueUrl"]
        self.role = self.new_role(policy(statement(["kinesis:PutRecord", "sqs:SendMessage"])))

    def new_role(self, permissions: str, service: str = "iot.amazonaws.com") -> str:
        iam, name = self.aws.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=permissions)
        return role["Role"]["Arn"]

    def kinesis(self, **changes: str):
        parameters = {"streamName": self.stream, "roleArn": self.role, "partitionKey": "${topic(2)}"}
        return {"kinesis": parameters | changes}

    def sqs(self, **changes):
        return {"sqs": {"queueUrl": self.queue_url, "roleArn": self.role, "useBase64": False} | changes}

    def create(self, sql: str, *rule_actions, error_action=None) -> str:
        name = f"rule_{uuid.uuid4().hex[:8]}"
        payload = {"sql": sql, "actions": list(rule_actions), "awsIotSqlVersion": "2016-03-23"}
        if error_action:
            payload["errorAction"] = error_action
        self.aws.client("iot").create_topic_rule(ruleName=name, topicRulePayload=payload)
        return name

    def records(self) -> list[dict]:
        """All records of the stream."""
        kinesis, found = self.aws.client("kinesis"), []
        for shard in kinesis.list_shards(StreamName=self.stream)["Shards"]:
            iterator = kinesis.get_shard_iterator(
                StreamName=self.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while (page := kinesis.get_records(ShardIterator=iterator))["Records"]:
                found += page["Records"]
                iterator = page["NextShardIterator"]
        return found

    def message(self) -> dict:
        """The next message of the queue, as JSON."""

        def receive():
            return self.aws.client("sqs").receive_message(QueueUrl=self.queue_url).get("Messages")

        return json.loads(wait_until(receive)[0]["Body"])
