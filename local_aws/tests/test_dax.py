"""DAX: AWS's client at a cluster gets the answers of DynamoDB, from caches where it may."""

from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.tests import dax_clusters
from local_aws.tests.iam_principals import User, policy, statement

KEY = {"pk": {"S": "one"}, "sk": {"S": "a"}}
ITEM = {
    **KEY,
    "group": {"S": "g"},
    "n": {"N": "1.50"},
    "big": {"N": "12345678901234567890123456789012345678"},
    "text": {"S": "Grüße\x00"},
    "data": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "list": {"L": [{"S": "x"}, {"M": {"in": {"N": "-7"}, "other": {"S": "o"}}}, {"L": []}, {"S": "last"}]},
    "map": {"M": {"a.b": {"S": "dotted"}, "deep": {"M": {"er": {"BOOL": False}}}, "empty": {"M": {}}}},
    "tags": {"SS": ["b", "a"]},
    "numbers": {"NS": ["1", "2.5"]},
    "blobs": {"BS": [b"1", b"2"]},
}
ONE = {":one": {"N": "1"}}


@pytest.fixture(scope="module")
def cluster(aws):
    deployed = dax_clusters.create(aws)
    yield deployed
    deployed.close()


@pytest.fixture(scope="module")
def dax(cluster):
    return cluster.client()


@pytest.fixture(scope="module")
def dynamodb(aws):
    return aws.client("dynamodb")


@pytest.fixture(scope="module")
def twin(aws, cluster, dynamodb):
    """A table of the same shape, for the same calls without DAX."""
    name = f"{cluster.table}-twin"
    table = dynamodb.describe_table(TableName=cluster.table)["Table"]
    (index,) = table["GlobalSecondaryIndexes"]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=table["AttributeDefinitions"],
        KeySchema=table["KeySchema"],
        GlobalSecondaryIndexes=[{name: index[name] for name in ("IndexName", "KeySchema", "Projection")}],
    )
    return name


def comparable(value: Any) -> Any:
    """An answer without what differs between two calls, and numbers as numbers."""
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content), *_) = [*value.items(), (None, None)]
    if len(value) == 1 and kind == "N" and isinstance(content, str):
        return {"N": Decimal(content)}
    if len(value) == 1 and kind in ("SS", "NS", "BS"):
        return {kind: {Decimal(each) if kind == "NS" else each for each in content}}
    return {name: comparable(each) for name, each in value.items() if name != "ResponseMetadata"}


def outcome(client: Any, operation: str, **request: Any) -> Any:
    """The comparable answer of a call, or the code of its error."""
    try:
        return comparable(getattr(client, operation)(**request))
    except ClientError as error:
        return error.response["Error"]["Code"]


def _names(**names: str) -> dict[str, Any]:
    return {"ExpressionAttributeNames": {f"#{short}": name for short, name in names.items()}}


def _query(condition: str, values: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    return "query", {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **more}


ONE_PARTITION = {":p": {"S": "one"}}
SINGLE_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_item", {"Key": KEY}),
    ("put_item", {"Item": ITEM}),
    ("get_item", {"Key": KEY}),
    ("get_item", {"Key": KEY, "ConsistentRead": True}),
    ("get_item", {"Key": KEY, "ProjectionExpression": "#l[3], #l[1].#i, n, absent", **_names(i="in", l="list")}),
    ("get_item", {"Key": KEY, "ProjectionExpression": "#m.#d, pk, #m.deep", **_names(m="map", d="a.b")}),
    ("get_item", {"Key": KEY, "ProjectionExpression": "#l, #l[1]", **_names(l="list")}),
    ("get_item", {"Key": KEY, "ProjectionExpression": "absent"}),
    ("get_item", {"Key": {"pk": {"S": "one"}, "sk": {"S": "none"}}}),
    ("put_item", {"Item": {**ITEM, "n": {"N": "2"}}, "ReturnValues": "ALL_OLD"}),
    ("put_item", {"Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}),
    ("update_item", {"Key": KEY, "UpdateExpression": "SET n = n + :one", "ExpressionAttributeValues": ONE}),
    ("get_item", {"Key": KEY}),
    (
        "update_item",
        {
            "Key": KEY,
            "UpdateExpression": "SET n = if_not_exists(n, :zero) - :one, #l = list_append(#l, :more), #m.added = :one"
            " REMOVE nothing ADD numbers :ns DELETE tags :ss",
            "ConditionExpression": "NOT (n < :zero OR attribute_type(#l, :s))"
            " AND (size(#l) = :four OR contains(tags, :b))",
            "ExpressionAttributeValues": {
                **ONE,
                ":zero": {"N": "0"},
                ":four": {"N": "4"},
                ":s": {"S": "S"},
                ":b": {"S": "zz"},
                ":more": {"L": [{"S": "end"}]},
                ":ns": {"NS": ["9"]},
                ":ss": {"SS": ["a"]},
            },
            "ReturnValues": "ALL_NEW",
            **_names(l="list", m="map"),
        },
    ),
    (
        "update_item",
        {
            "Key": KEY,
            "UpdateExpression": "SET n = :one, #m.deep.er = :one",
            "ExpressionAttributeValues": ONE,
            "ReturnValues": "UPDATED_NEW",
            **_names(m="map"),
        },
    ),
    ("get_item", {"Key": KEY}),
    ("update_item", {"Key": KEY, "UpdateExpression": "SET pk = :one", "ExpressionAttributeValues": ONE}),
    ("put_item", {"Item": {**KEY, "sk": {"S": "b"}, "group": {"S": "g"}, "n": {"N": "5"}}}),
    ("put_item", {"Item": {**KEY, "sk": {"S": "c"}, "group": {"S": "h"}, "n": {"N": "6"}}}),
    _query("pk = :p", ONE_PARTITION),
    _query("pk = :p AND sk BETWEEN :a AND :b", {**ONE_PARTITION, ":a": {"S": "b"}, ":b": {"S": "c"}}),
    _query("pk = :p AND begins_with(sk, :a)", {**ONE_PARTITION, ":a": {"S": "b"}}, ScanIndexForward=False),
    _query("pk = :p", ONE_PARTITION, Limit=1),
    _query("pk = :p", ONE_PARTITION, Limit=1, ExclusiveStartKey=KEY),
    _query("pk = :p", ONE_PARTITION, ConsistentRead=True, Select="COUNT"),
    _query(
        "pk = :p",
        {**ONE_PARTITION, ":five": {"N": "5"}, ":six": {"N": "6"}},
        FilterExpression="n IN (:five, :six) AND n <> :six",
        ProjectionExpression="n, sk",
    ),
    _query(
        "#g = :p",
        {":p": {"S": "g"}},
        IndexName="by-group",
        ProjectionExpression="#l[0], #l[1].other, #l[3], #m.deep",
        Limit=1,
        **_names(g="group", m="map", l="list"),
    ),
    _query("absent = :p", ONE_PARTITION),
    ("delete_item", {"Key": KEY, "ReturnValues": "ALL_OLD"}),
    ("delete_item", {"Key": KEY, "ConditionExpression": "attribute_exists(pk)"}),
    ("get_item", {"Key": KEY}),
]


def test_each_call_has_the_answer_of_dynamodb(cluster, dax, dynamodb, twin):
    for operation, request in SINGLE_CALLS:
        through = outcome(dax, operation, TableName=cluster.table, **request)
        direct = outcome(dynamodb, operation, TableName=twin, **request)
        assert through == direct, (operation, request)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        dax.get_item(TableName="absent", Key=KEY)


def test_a_read_item_comes_from_the_cache_until_it_is_written_through_dax(cluster, dax, dynamodb):
    key = {"pk": {"S": "cached"}, "sk": {"S": "a"}}
    assert "Item" not in dax.get_item(TableName=cluster.table, Key=key)
    dynamodb.put_item(TableName=cluster.table, Item={**key, "n": {"N": "1"}})
    assert "Item" not in dax.get_item(TableName=cluster.table, Key=key), "the absence is cached"
    assert "Item" in dax.get_item(TableName=cluster.table, Key=key, ConsistentRead=True)
    assert "Item" not in dax.get_item(TableName=cluster.table, Key=key), "a consistent read changes no cache"
    dax.update_item(
        TableName=cluster.table, Key=key, UpdateExpression="SET n = n + :one", ExpressionAttributeValues=ONE
    )
    assert dax.get_item(TableName=cluster.table, Key=key)["Item"]["n"] == {"N": "2"}


def test_writes_through_dax_do_not_change_a_cached_query(cluster, dax):
    query = {
        "TableName": cluster.table,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "queried"}},
    }
    assert dax.query(**query)["Count"] == 0
    dax.put_item(TableName=cluster.table, Item={"pk": {"S": "queried"}, "sk": {"S": "a"}})
    assert dax.query(**query)["Count"] == 0
    assert dax.query(**query, ConsistentRead=True)["Count"] == 1
    assert dax.query(**query, Limit=5)["Count"] == 1, "other parameters are another query"


def test_a_caller_needs_the_permission_for_each_operation_on_the_cluster(aws, cluster):
    user = User(aws, policy(statement("dax:GetItem", cluster.arn), statement("dynamodb:*")))
    client = cluster.client(user.key["AccessKeyId"], user.key["SecretAccessKey"])
    assert client.get_item(TableName=cluster.table, Key=KEY) is not None
    with pytest.raises(ClientError) as refused:
        client.put_item(TableName=cluster.table, Item=KEY)
    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert f"{user.arn} is not authorized to perform: dax:PutItem on resource: {cluster.arn}" in error["Message"]


@pytest.mark.parametrize("key", ["AKIAUNKNOWNUNKNOWN00", None])
def test_a_connection_needs_a_valid_signature(aws, cluster, key):
    user = User(aws, policy(statement("dax:*")))
    with pytest.raises(ClientError) as refused:
        cluster.client(key or user.key["AccessKeyId"], "not-the-secret")
    code = refused.value.response["Error"]["Code"]
    assert code == ("UnrecognizedClientException" if key else "InvalidSignatureException")


def test_the_role_of_the_cluster_needs_the_permissions_of_dynamodb(aws):
    cluster = dax_clusters.create(aws, role_actions=("dynamodb:GetItem",))
    client = cluster.client()
    assert client.get_item(TableName=cluster.table, Key=KEY) is not None
    with pytest.raises(ClientError) as refused:
        client.put_item(TableName=cluster.table, Item=KEY)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "dynamodb:PutItem" in refused.value.response["Error"]["Message"]
    cluster.close()


def test_a_role_that_does_not_trust_dax_is_refused(aws):
    with pytest.raises(Exception, match="Waiter StackCreateComplete failed"):
        dax_clusters.create(aws, trusted="lambda.amazonaws.com")
