"""Calls through a DAX cluster have the answers of DynamoDB."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.tests import dax_clusters
from local_aws.tests.dax_answers import ITEM, KEY, ONE, as_request, named, outcome


def _query(condition: str, values: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    return "query", {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **more}


ONE_PARTITION = {":p": {"S": "one"}}
SINGLE_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_item", {"Key": KEY}),
    ("put_item", {"Item": ITEM}),
    ("get_item", {"Key": KEY}),
    ("get_item", {"Key": KEY, "ConsistentRead": True}),
    ("get_item", {"Key": KEY, "ProjectionExpression": "#l[3], #l[1].#i, n, absent", **named(i="in", l="list")}),
    ("get_item", {"Key": KEY, "ProjectionExpression": "#m.#d, pk, #m.deep", **named(m="map", d="a.b")}),
    ("get_item", {"Key": KEY, "ProjectionExpression": "#l, #l[1]", **named(l="list")}),
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
            **named(l="list", m="map"),
        },
    ),
    (
        "update_item",
        {
            "Key": KEY,
            "UpdateExpression": "SET n = :one, #m.deep.er = :one",
            "ExpressionAttributeValues": ONE,
            "ReturnValues": "UPDATED_NEW",
            **named(m="map"),
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
        **named(g="group", m="map", l="list"),
    ),
    _query("absent = :p", ONE_PARTITION),
    ("delete_item", {"Key": KEY, "ReturnValues": "ALL_OLD"}),
    ("delete_item", {"Key": KEY, "ConditionExpression": "attribute_exists(pk)"}),
    ("get_item", {"Key": KEY}),
]


def test_each_call_has_the_answer_of_dynamodb(dax_cluster, dax, dynamodb, twin):
    for operation, request in SINGLE_CALLS:
        through = outcome(dax, operation, TableName=dax_cluster.table, **request)
        direct = outcome(dynamodb, operation, TableName=twin, **request)
        assert through == direct, (operation, request)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        dax.get_item(TableName="absent", Key=KEY)


@pytest.mark.parametrize("kinds", ["N", "NN", "BB", "B", "SN"])
def test_keys_of_other_types_are_those_of_dynamodb(dax_cluster, dax, dynamodb, kinds):
    table, names = f"{dax_cluster.table}-{kinds}", ("p", "s")[: len(kinds)]
    kinds_of = list(zip(names, kinds, strict=True))
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in kinds_of],
        KeySchema=dax_clusters.key_schema(*names),
    )
    values = {"N": ["-12.5", "0", "1000", "70"], "B": [b"\x00", b"\xff\x01", b"b", b"c"], "S": ["a", "b", "c", "ü"]}
    keys = [{name: {kind: values[kind][at]} for name, kind in kinds_of} for at in range(4)]
    for at, key in enumerate(keys):
        dax.put_item(TableName=table, Item={**key, "at": {"N": str(at)}})
    for key in keys:
        answers = [outcome(client, "get_item", TableName=table, Key=key) for client in (dax, dynamodb)]
        assert answers[0] == answers[1]
    first = outcome(dax, "scan", TableName=table, Limit=2)
    assert first == outcome(dynamodb, "scan", TableName=table, Limit=2)
    rest = {"TableName": table, "ExclusiveStartKey": as_request(first["LastEvaluatedKey"])}
    assert outcome(dax, "scan", **rest) == outcome(dynamodb, "scan", **rest)


def test_an_index_is_read_page_by_page(dax_cluster, dax, dynamodb):
    for number in range(5):
        dax.put_item(
            TableName=dax_cluster.table,
            Item={"pk": {"S": f"paged{number}"}, "sk": {"S": "a"}, "group": {"S": "paged"}},
        )
    query = {
        "TableName": dax_cluster.table,
        "IndexName": "by-group",
        "KeyConditionExpression": "#g = :g",
        "ExpressionAttributeValues": {":g": {"S": "paged"}},
        "Limit": 2,
        **named(g="group"),
    }
    pages, start = [], {}
    while not pages or start:
        page = outcome(dax, "query", **query, **start)
        assert page == outcome(dynamodb, "query", **query, **start)
        pages.append(page["Count"])
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else {}
    assert sum(pages) == 5


def test_a_scan_has_the_answer_of_dynamodb(dax_cluster, dax, dynamodb):
    scan = {"TableName": dax_cluster.table, "FilterExpression": "attribute_exists(pk)", "TotalSegments": 2}
    for segment in (0, 1):
        through = outcome(dax, "scan", **scan, Segment=segment)
        assert through == outcome(dynamodb, "scan", **scan, Segment=segment)
    assert outcome(dax, "scan", **scan, Segment=7) == "ValidationException"
