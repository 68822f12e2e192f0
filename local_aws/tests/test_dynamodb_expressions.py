"""Expressions are parsed once for all items, and have the same meaning for each."""

import uuid
from functools import partial

import pytest
from botocore.exceptions import ClientError
from ministack.services import dynamodb

from local_aws.hooks import registry
from local_aws.services.dynamodb import expressions


@pytest.fixture(scope="module")
def table(aws):
    """A table with 40 items in one partition, and one in another."""
    dynamodb = aws.client("dynamodb")
    name = f"expressions-{uuid.uuid4().hex[:8]}"
    keys = [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}]
    types = [{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in keys]
    dynamodb.create_table(TableName=name, KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST")
    for owner, count in (("many", 40), ("one", 1)):
        for number in range(count):
            item = {"owner": {"S": owner}, "key": {"S": f"todo#{number:02}"}, "done": {"BOOL": number % 2 == 0}}
            dynamodb.put_item(TableName=name, Item=item)
    return name


def keys_of(aws, table: str, condition: str, **values: str) -> list[str]:
    given = {f":{name}": {"S": value} for name, value in values.items()}
    found = aws.client("dynamodb").query(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeNames={"#owner": "owner", "#key": "key"},
        ExpressionAttributeValues=given,
    )
    return [item["key"]["S"] for item in found["Items"]]


def test_the_same_expression_with_other_values_returns_other_items(aws, table):
    condition = "#owner = :owner AND #key BETWEEN :first AND :last"
    assert keys_of(aws, table, condition, owner="many", first="todo#03", last="todo#05") == [
        "todo#03",
        "todo#04",
        "todo#05",
    ]
    assert keys_of(aws, table, condition, owner="many", first="todo#07", last="todo#07") == ["todo#07"]
    assert keys_of(aws, table, condition, owner="one", first="todo#00", last="todo#99") == ["todo#00"]


@pytest.mark.parametrize(
    "condition", ["#owner = :owner AND", "(#owner = :owner", "owner == :owner", "#key = ((:owner))"]
)
def test_an_invalid_expression_is_refused_each_time(aws, table, condition):
    for _ in range(2):
        with pytest.raises(ClientError, match="ValidationException"):
            keys_of(aws, table, condition, owner="many")


def test_an_expression_is_parsed_once_for_all_items(monkeypatch):
    read = []
    hooks = [hook for hook in registry._hooks if hook.module == expressions.__name__.removeprefix("local_aws.")]
    names = [hook.target.name.partition(":")[2] for hook in hooks]
    for hook, name in zip(hooks, names, strict=True):
        original = hook.target.value()

        def counted(*arguments, _name=name, _original=original):
            read.append(_name)
            return _original(*arguments)

        monkeypatch.setattr(dynamodb, name, partial(hook.value, counted))
    for number in range(50):
        item, values = {"a": {"N": str(number)}}, {":a": {"N": "7"}}
        assert dynamodb._evaluate_condition("a = :a", item, values, {}) == (number == 7)
    assert len(names) == 4
    assert sorted(read) == sorted(names)
