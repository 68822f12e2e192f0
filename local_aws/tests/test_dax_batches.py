"""Batches and transactions through a DAX cluster have the answers of DynamoDB."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.dax_answers import ITEM, ONE, by_key, named, outcome


def test_batches_and_transactions_have_the_answers_of_dynamodb(dax_cluster, dax, dynamodb, twin):
    keys = [{"pk": {"S": "batch"}, "sk": {"S": name}} for name in "abc"]
    items = [{**key, "n": {"N": str(number)}, "list": ITEM["list"]} for number, key in enumerate(keys)]

    def calls(table: str) -> list[tuple[str, dict[str, Any]]]:
        def check(condition: str, **more: Any) -> dict[str, Any]:
            return {"TableName": table, "ConditionExpression": condition, **more}

        puts = [{"PutRequest": {"Item": item}} for item in items]
        projected = {"Keys": keys[1:], "ProjectionExpression": "#l[0], n", **named(l="list")}
        update = {"UpdateExpression": "SET n = n + :one", "ExpressionAttributeValues": ONE}
        gets = [{"Get": {"TableName": table, "Key": key}} for key in keys]
        return [
            ("batch_get_item", {"RequestItems": {table: {"Keys": keys}}}),
            ("batch_write_item", {"RequestItems": {table: puts}}),
            ("batch_get_item", {"RequestItems": {table: {"Keys": keys}}}),
            ("batch_get_item", {"RequestItems": {table: projected}}),
            ("batch_get_item", {"RequestItems": {table: {"Keys": keys, "ConsistentRead": True}}}),
            ("batch_write_item", {"RequestItems": {table: [{"DeleteRequest": {"Key": keys[2]}}]}}),
            ("batch_get_item", {"RequestItems": {table: {"Keys": keys}}}),
            ("transact_get_items", {"TransactItems": gets}),
            (
                "transact_get_items",
                {"TransactItems": [{"Get": {**gets[0]["Get"], "ProjectionExpression": "#l[1]", **named(l="list")}}]},
            ),
            (
                "transact_write_items",
                {
                    "TransactItems": [
                        {"ConditionCheck": check("attribute_exists(pk)", Key=keys[0])},
                        {"Update": {"TableName": table, "Key": keys[1], **update}},
                        {"Put": check("attribute_not_exists(pk)", Item=items[2])},
                    ],
                    "ClientRequestToken": f"token-{table}"[-36:],
                },
            ),
            ("transact_get_items", {"TransactItems": gets}),
            ("transact_write_items", {"TransactItems": [{"Put": check("attribute_not_exists(pk)", Item=items[0])}]}),
            ("transact_write_items", {"TransactItems": [{"Delete": {"TableName": table, "Key": keys[0]}}]}),
        ]

    for (operation, through), (_, direct) in zip(calls(dax_cluster.table), calls(twin), strict=True):
        answers = [outcome(dax, operation, **through), outcome(dynamodb, operation, **direct)]
        assert by_key(answers[0], dax_cluster.table) == by_key(answers[1], twin), (operation, through)


def test_a_cancelled_transaction_has_its_reasons(dax_cluster, dax):
    key = {"pk": {"S": "cancelled"}, "sk": {"S": "a"}}
    dax.put_item(TableName=dax_cluster.table, Item={**key, "n": {"N": "1"}})
    put = {
        "TableName": dax_cluster.table,
        "Item": key,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as cancelled:
        dax.transact_write_items(TransactItems=[{"Put": {**put, "Item": {**key, "sk": {"S": "b"}}}}, {"Put": put}])
    assert cancelled.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = cancelled.value.cancellation_reasons
    assert [reasons[0], reasons[3], reasons[2]] == ["None", "ConditionalCheckFailed", None]
    assert isinstance(reasons[5], bytes)


def test_the_consumed_capacity_is_that_of_dynamodb(dax_cluster, dax, dynamodb, twin):
    key = {"pk": {"S": "consumed"}, "sk": {"S": "a"}}

    def calls(table: str) -> list[tuple[str, dict[str, Any]]]:
        item = {**key, "group": {"S": "consumed"}}
        condition = {"IndexName": "by-group", "KeyConditionExpression": "#g = :g", **named(g="group")}
        return [
            ("batch_write_item", {"RequestItems": {table: [{"PutRequest": {"Item": item}}]}}),
            ("update_item", {"TableName": table, "Key": key, "UpdateExpression": "REMOVE absent"}),
            ("query", {"TableName": table, **condition, "ExpressionAttributeValues": {":g": item["group"]}}),
            ("transact_write_items", {"TransactItems": [{"Put": {"TableName": table, "Item": item}}]}),
            ("transact_get_items", {"TransactItems": [{"Get": {"TableName": table, "Key": key}}]}),
        ]

    for (operation, through), (_, direct) in zip(calls(dax_cluster.table), calls(twin), strict=True):
        answers = [
            json.dumps(outcome(client, operation, **request, ReturnConsumedCapacity="INDEXES").get("ConsumedCapacity"))
            for client, request in ((dax, through), (dynamodb, direct))
        ]
        assert json.loads(answers[0]) == json.loads(answers[1].replace(twin, dax_cluster.table)), operation
