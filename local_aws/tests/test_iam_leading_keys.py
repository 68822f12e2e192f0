"""dynamodb:LeadingKeys and related condition keys: a user is limited to items with their own partition key.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

import uuid

import pytest

from local_aws.testing import changed_requests
from local_aws.tests.iam_principals import User, policy, refused, statement

OPERATIONS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem")
ITEM_ACTIONS = [f"dynamodb:{name}" for name in (*OPERATIONS, "ConditionCheckItem")]


@pytest.fixture(scope="module")
def table(aws) -> str:
    name = f"leading-{uuid.uuid4().hex[:8]}"
    aws.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("owner", "key", "tag")],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-tag",
                "KeySchema": [{"AttributeName": "tag", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return name


@pytest.fixture(scope="module")
def user(aws, table) -> User:
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}"
    return User(aws, policy(statement([*ITEM_ACTIONS, "dynamodb:Scan"], [arn, f"{arn}/index/*"], Condition=own)))


def key(owner: str, name: str = "k"):
    return {"owner": {"S": owner}, "key": {"S": name}}


def single_calls(table: str, owner: str):
    """Every operation on one owner's items."""
    yield "get_item", {"TableName": table, "Key": key(owner)}
    yield "put_item", {"TableName": table, "Item": key(owner)}
    yield (
        "update_item",
        {
            "TableName": table,
            "Key": key(owner),
            "UpdateExpression": "SET a = :a",
            "ExpressionAttributeValues": {":a": {"S": "x"}},
        },
    )
    yield "delete_item", {"TableName": table, "Key": key(owner)}
    value = {":o": {"S": owner}}
    for condition in ("#o = :o", "(#o=:o) AND begins_with(#k, :k)"):
        names = {"#o": "owner"} | ({"#k": "key"} if "#k" in condition else {})
        values = value | ({":k": {"S": "k"}} if ":k" in condition else {})
        yield (
            "query",
            {
                "TableName": table,
                "KeyConditionExpression": condition,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            },
        )
    conditions = {"owner": {"AttributeValueList": [{"S": owner}], "ComparisonOperator": "EQ"}}
    yield "query", {"TableName": table, "KeyConditions": conditions}
    yield "batch_get_item", {"RequestItems": {table: {"Keys": [key(owner)]}}}
    yield "batch_write_item", {"RequestItems": {table: [{"PutRequest": {"Item": key(owner)}}]}}
    yield "batch_write_item", {"RequestItems": {table: [{"DeleteRequest": {"Key": key(owner)}}]}}
    yield "transact_get_items", {"TransactItems": [{"Get": {"TableName": table, "Key": key(owner)}}]}
    yield "transact_write_items", {"TransactItems": [{"Put": {"TableName": table, "Item": key(owner)}}]}
    yield "transact_write_items", {"TransactItems": [{"Delete": {"TableName": table, "Key": key(owner)}}]}


NUMBER_OF_CALLS = len(list(single_calls("t", "o")))


@pytest.mark.parametrize("number", range(NUMBER_OF_CALLS))
def test_every_operation_is_limited_to_the_callers_partition(table, user, number):
    client = user.client("dynamodb")
    for owner, expected in ((user.name, False), ("other", True), (f"{user.name}x", True)):
        operation, arguments = list(single_calls(table, owner))[number]
        assert refused(getattr(client, operation), **arguments) is expected, (operation, owner)


def test_a_batch_or_transaction_of_several_owners_is_refused(aws, table, user):
    client = user.client("dynamodb")
    own, other = key(user.name, "mixed"), key("other", "mixed")
    put = [{"PutRequest": {"Item": own}}, {"PutRequest": {"Item": other}}]
    assert refused(client.batch_write_item, RequestItems={table: put})
    assert refused(client.batch_get_item, RequestItems={table: {"Keys": [own, other]}})
    write = [{"Put": {"TableName": table, "Item": own}}, {"Delete": {"TableName": table, "Key": other}}]
    assert refused(client.transact_write_items, TransactItems=write)
    get = [{"Get": {"TableName": table, "Key": own}}, {"Get": {"TableName": table, "Key": other}}]
    assert refused(client.transact_get_items, TransactItems=get)
    assert "Item" not in aws.client("dynamodb").get_item(TableName=table, Key=own)


def test_a_query_cannot_name_a_second_owner(table, user):
    query = user.client("dynamodb").query
    names, values = {"#o": "owner"}, {":me": {"S": user.name}, ":you": {"S": "other"}}
    for condition in ("#o = :me AND #o = :you", ":you = #o", "#o = :you AND #o = :me"):
        assert refused(
            query,
            TableName=table,
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )


def test_the_leading_key_of_an_index_is_its_own_partition_key(table, user):
    query = user.client("dynamodb").query
    for tag, expected in ((user.name, False), ("other", True)):
        value = {":t": {"S": tag}}
        arguments = {"TableName": table, "IndexName": "by-tag", "KeyConditionExpression": "tag = :t"}
        assert refused(query, **arguments, ExpressionAttributeValues=value) is expected


def test_scan_has_no_leading_keys(aws, table, user):
    """On AWS too ForAllValues is true without a key; ForAnyValue is not."""
    assert not refused(user.client("dynamodb").scan, TableName=table)
    own = {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    any_user = User(aws, policy(statement(["dynamodb:Scan", "dynamodb:GetItem"], Condition=own)))
    client = any_user.client("dynamodb")
    assert refused(client.scan, TableName=table)
    assert not refused(client.get_item, TableName=table, Key=key(any_user.name))


def test_each_item_of_a_transaction_is_checked_by_its_own_keys(aws, table):
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    shared = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["shared"]}}
    user = User(
        aws,
        policy(
            statement("dynamodb:PutItem", Condition=own),
            statement("dynamodb:ConditionCheckItem", Condition=shared),
        ),
    )
    client = user.client("dynamodb")
    check = {"TableName": table, "ConditionExpression": "attribute_not_exists(#o)"}
    check["ExpressionAttributeNames"] = {"#o": "owner"}

    def items(put_owner, checked_owner):
        put = {"Put": {"TableName": table, "Item": key(put_owner)}}
        return [put, {"ConditionCheck": {**check, "Key": key(checked_owner)}}]

    assert not refused(client.transact_write_items, TransactItems=items(user.name, "shared"))
    assert refused(client.transact_write_items, TransactItems=items("shared", "shared"))
    assert refused(client.transact_write_items, TransactItems=items(user.name, user.name))


def test_attributes_in_all_parameters_are_checked(aws, table):
    allowed = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["owner", "key", "title"]}}
    specific = {"StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}
    client = User(
        aws,
        policy(
            statement("dynamodb:GetItem", Condition=allowed | specific),
            statement(["dynamodb:PutItem", "dynamodb:UpdateItem"], Condition=allowed),
        ),
    ).client("dynamodb")
    get = {"TableName": table, "Key": key("a")}
    assert not refused(client.get_item, **get, ProjectionExpression="title")
    assert refused(client.get_item, **get, ProjectionExpression="title, secret")
    assert refused(client.get_item, **get)
    title, secret = {"title": {"S": "t"}}, {"secret": {"S": "s"}}
    assert not refused(client.put_item, TableName=table, Item=key("a") | title)
    assert refused(client.put_item, TableName=table, Item=key("a") | secret)
    update = {"TableName": table, "Key": key("a"), "ExpressionAttributeValues": {":v": {"S": "x"}}}
    assert not refused(client.update_item, **update, UpdateExpression="SET title = if_not_exists(title, :v)")
    assert refused(client.update_item, **update, UpdateExpression="SET title = :v, secret = :v")
    assert refused(client.update_item, **update, UpdateExpression="SET title = :v", ConditionExpression="secret = :v")


def test_a_batch_is_checked_for_each_of_its_tables(aws, table, user):
    """BatchGetItem ignores TableName, so IAM checks the tables that it reads."""
    other = f"leading-{uuid.uuid4().hex[:8]}"
    aws.client("dynamodb").create_table(
        TableName=other,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
    )
    client = user.client("dynamodb")
    with changed_requests(client, lambda params: _add_table_name(params, table)):
        assert refused(client.batch_get_item, RequestItems={other: {"Keys": [{"owner": {"S": user.name}}]}})


def _add_table_name(params, table: str) -> None:
    params["body"] = params["body"].replace(b"{", b'{"TableName": "%s", ' % table.encode(), 1)
