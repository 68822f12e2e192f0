"""DAX clusters: caches, counts, encryption, and their stacks."""

import json
import socket
import ssl
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests import dax_clusters, fault_rules
from local_aws.tests.dax_answers import ONE
from local_aws.tests.functions_for_tests import make_function

CONNECTS = """
import socket, ssl
def handler(port, context):
    with socket.create_connection(("localhost", port)) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost").close()
    return "trusted"
"""


def test_a_read_item_comes_from_the_cache_until_it_is_written_through_dax(dax_cluster, dax, dynamodb):
    key = {"pk": {"S": "cached"}, "sk": {"S": "a"}}
    assert "Item" not in dax.get_item(TableName=dax_cluster.table, Key=key)
    dynamodb.put_item(TableName=dax_cluster.table, Item={**key, "n": {"N": "1"}})
    assert "Item" not in dax.get_item(TableName=dax_cluster.table, Key=key), "the absence is cached"
    assert "Item" in dax.get_item(TableName=dax_cluster.table, Key=key, ConsistentRead=True)
    assert "Item" not in dax.get_item(TableName=dax_cluster.table, Key=key), "a consistent read changes no cache"
    dax.update_item(
        TableName=dax_cluster.table, Key=key, UpdateExpression="SET n = n + :one", ExpressionAttributeValues=ONE
    )
    assert dax.get_item(TableName=dax_cluster.table, Key=key)["Item"]["n"] == {"N": "2"}


def test_writes_through_dax_do_not_change_a_cached_query(dax_cluster, dax):
    query = {
        "TableName": dax_cluster.table,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "queried"}},
    }
    assert dax.query(**query)["Count"] == 0
    dax.put_item(TableName=dax_cluster.table, Item={"pk": {"S": "queried"}, "sk": {"S": "a"}})
    assert dax.query(**query)["Count"] == 0
    assert dax.query(**query, ConsistentRead=True)["Count"] == 1
    assert dax.query(**query, Limit=5)["Count"] == 1, "other parameters are another query"


def test_capacity_is_consumed_by_misses_and_writes_only(dax_cluster, dax):
    key = {"pk": {"S": "capacity"}, "sk": {"S": "a"}}
    write = dax.put_item(TableName=dax_cluster.table, Item=key, ReturnConsumedCapacity="INDEXES")
    assert write["ConsumedCapacity"]["CapacityUnits"] == 1
    read = {"TableName": dax_cluster.table, "ReturnConsumedCapacity": "TOTAL"}
    assert "ConsumedCapacity" not in dax.get_item(**read, Key=key)
    missing = dax.get_item(**read, Key={**key, "sk": {"S": "b"}})
    assert missing["ConsumedCapacity"] == {"TableName": dax_cluster.table, "CapacityUnits": 0.5}


def test_hits_and_misses_are_counted(aws, dax_cluster, dax):
    def counts() -> dict[str, int]:
        return fault_rules.request(aws, "GET", "/_quartet/dax")[1]["clusters"][dax_cluster.name]

    before, key = counts(), {"pk": {"S": "counted"}, "sk": {"S": "a"}}
    for _ in range(3):
        dax.get_item(TableName=dax_cluster.table, Key=key)
    after = counts()
    assert [after[name] - before[name] for name in ("requests", "item_hits", "item_misses", "items")] == [3, 2, 1, 1]
    assert after["endpoint"] == dax_cluster.url


def test_describe_clusters_names_the_endpoint_and_other_operations_are_refused(aws, dax_cluster):
    api = aws.client("dax")
    (described,) = api.describe_clusters(ClusterNames=[dax_cluster.name])["Clusters"]
    assert (described["ClusterArn"], described["Status"]) == (dax_cluster.arn, "available")
    assert described["ClusterDiscoveryEndpoint"]["URL"] == dax_cluster.url
    with pytest.raises(ClientError, match="ClusterNotFoundFault"):
        api.describe_clusters(ClusterNames=["absent"])
    with pytest.raises(ClientError, match="UnknownOperationException"):
        api.describe_events()


def test_an_encrypted_endpoint_is_trusted_by_functions_and_by_whoever_knows_the_authority(aws):
    cluster = dax_clusters.create(aws, ClusterEndpointEncryptionType="TLS")
    assert cluster.url == f"daxs://{cluster.endpoint}"
    port = int(cluster.url.rpartition(":")[2])
    make_function(aws, cluster.stack, CONNECTS)
    answer = aws.client("lambda").invoke(FunctionName=cluster.stack, Payload=json.dumps(port))
    assert json.load(answer["Payload"]) == "trusted"
    knows = ssl.create_default_context(cafile=str(aws.state_dir / "ca.pem"))
    with socket.create_connection(("localhost", port)) as plain:
        knows.wrap_socket(plain, server_hostname="localhost").close()


def test_a_changed_stack_changes_the_times_in_place_and_a_deleted_one_ends_the_endpoint(aws):
    cluster, cloudformation = dax_clusters.create(aws), aws.client("cloudformation")
    client, key = cluster.client(), {"pk": {"S": "changed"}, "sk": {"S": "a"}}

    def updated(body: dict[str, Any]) -> str:
        cloudformation.update_stack(
            StackName=cluster.stack, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"]
        )
        ended = wait_until(
            lambda: cloudformation.describe_stacks(StackName=cluster.stack)["Stacks"][0]["StackStatus"],
            until=lambda status: not status.endswith("IN_PROGRESS"),
        )
        return str(ended)

    body = dax_clusters.template()
    body["Resources"]["Times"]["Properties"]["ParameterNameValues"]["record-ttl-millis"] = "1"
    assert updated(body) == "UPDATE_COMPLETE"
    assert client.get_item(TableName=cluster.table, Key=key) == {}
    aws.client("dynamodb").put_item(TableName=cluster.table, Item=key)
    wait_until(lambda: client.get_item(TableName=cluster.table, Key=key))
    assert updated(dax_clusters.template(ClusterEndpointEncryptionType="TLS")) == "UPDATE_ROLLBACK_COMPLETE"
    assert updated(dax_clusters.template(ParameterGroupName="absent")) == "UPDATE_ROLLBACK_COMPLETE"
    cluster.close()
    cloudformation.delete_stack(StackName=cluster.stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=cluster.stack, WaiterConfig={"Delay": 0.1})

    def refuses() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(cluster.url.rpartition(":")[2]))) != 0

    wait_until(refuses)
