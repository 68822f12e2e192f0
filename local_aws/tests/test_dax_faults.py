"""Calls of a DAX cluster while DynamoDB or the endpoint fails."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests import fault_rules
from local_aws.tests.dax_answers import outcome


def test_an_error_of_dynamodb_reaches_the_caller_and_a_slow_dynamodb_does_not_block_hits(dax_cluster, dax, inject):
    cached, other = ({"pk": {"S": "slow"}, "sk": {"S": name}} for name in "ab")
    dax.get_item(TableName=dax_cluster.table, Key=cached)
    inject(service="dynamodb", operation="GetItem", action="throttle", delay_ms=4000)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(outcome, dax, "get_item", TableName=dax_cluster.table, Key=other)
        assert dax.get_item(TableName=dax_cluster.table, Key=cached) == {}
        assert not slow.done()
        assert slow.result() == "ProvisionedThroughputExceededException"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"action": "fail"}, "InternalServerErrorException"),
        ({"action": "throttle"}, "ThrottlingException"),
        ({"action": "fail", "code": "ValidationException", "status": 400}, "ValidationException"),
        ({"action": "close"}, "ConnectionException"),
        ({"action": "drop"}, "ConnectionException"),
    ],
)
def test_a_fault_rule_makes_a_call_fail(dax_cluster, inject, rule, code):
    client, key = dax_cluster.client(), {"pk": {"S": "faulty"}, "sk": {"S": f"{rule['action']}{len(rule)}"}}
    inject(service="dax", operation="PutItem", count=1, **rule)
    assert outcome(client, "put_item", TableName=dax_cluster.table, Item=key) == code
    stored = client.get_item(TableName=dax_cluster.table, Key=key, ConsistentRead=True)
    assert ("Item" in stored) == (rule["action"] == "drop")
    assert outcome(client, "put_item", TableName=dax_cluster.table, Item=key) == {}


def test_garbage_does_not_hurt_the_next_call(dax_cluster, inject):
    client, key = dax_cluster.client(), {"pk": {"S": "garbage"}, "sk": {"S": "a"}}
    inject(service="dax", operation="GetItem", action="garbage", count=1)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the client makes of random bytes
        client.get_item(TableName=dax_cluster.table, Key=key)
    assert client.get_item(TableName=dax_cluster.table, Key=key) is not None


def test_an_endpoint_that_hangs_is_given_up_by_the_client(dax_cluster, inject):
    client, key = dax_cluster.client(read_seconds=1), {"pk": {"S": "hanging"}, "sk": {"S": "a"}}
    inject(service="dax", operation="GetItem", action="hang", count=1)
    with pytest.raises(TimeoutError):
        client.get_item(TableName=dax_cluster.table, Key=key)
    assert client.get_item(TableName=dax_cluster.table, Key=key) is not None


def test_an_endpoint_that_refuses_connections_listens_again_at_its_port(aws, dax_cluster):
    client, key = dax_cluster.client(), {"pk": {"S": "refused"}, "sk": {"S": "a"}}
    client.get_item(TableName=dax_cluster.table, Key=key)
    _, rule = fault_rules.request(aws, "POST", body={"service": "dax", "action": "refuse"})
    try:
        with pytest.raises((OSError, ClientError)):
            client.get_item(TableName=dax_cluster.table, Key=key)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(dax_cluster.url.rpartition(":")[2])))
    finally:
        fault_rules.request(aws, "DELETE", f"{fault_rules.PATH}/{rule['id']}")
    wait_until(lambda: outcome(dax_cluster.client(), "get_item", TableName=dax_cluster.table, Key=key) is not None)


def test_the_faults_of_endpoints_are_for_dax_alone(aws):
    for rule in (
        {"service": "dynamodb", "action": "hang"},
        {"service": "dax", "action": "refuse", "operation": "GetItem"},
        {"service": "dax", "action": "hang", "operation": "NoSuchCall"},
    ):
        assert fault_rules.request(aws, "POST", body=rule)[0] == 400
