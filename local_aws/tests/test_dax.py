"""DAX: AWS's client at a cluster gets the answers of DynamoDB, from caches where it may."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_aws.testing import wait_until
from local_aws.tests import dax_clusters, fault_rules
from local_aws.tests import dax_strategies as strategies
from local_aws.tests.functions_for_tests import make_function
from local_aws.tests.iam_principals import User, policy, statement

random_examples = settings(
    max_examples=strategies.EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
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
ACCESS_DENIED = "AccessDeniedException"
CONNECTS = """
import socket, ssl
def handler(port, context):
    with socket.create_connection(("localhost", port)) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost").close()
    return "trusted"
"""
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
        return error.response["Error"].get("Code") or error.code


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


def test_an_encrypted_endpoint_is_trusted_by_functions_and_by_whoever_knows_the_authority(aws, monkeypatch):
    cluster = dax_clusters.create(aws, ClusterEndpointEncryptionType="TLS")
    assert cluster.url == f"daxs://{cluster.endpoint}"
    port = int(cluster.url.rpartition(":")[2])
    make_function(aws, cluster.stack, CONNECTS)
    answer = aws.client("lambda").invoke(FunctionName=cluster.stack, Payload=json.dumps(port))
    assert json.load(answer["Payload"]) == "trusted"
    monkeypatch.setenv("SSL_CERT_FILE", str(aws.state_dir / "ca.pem"))
    assert cluster.client().get_item(TableName=cluster.table, Key=KEY) == {}
    cluster.close()


def test_an_item_of_a_transaction_needs_the_permission_of_its_operation(aws, cluster):
    in_transactions = {"StringEquals": {"dax:EnclosingOperation": ["TransactWriteItems"]}}
    user = User(aws, policy(statement("dax:PutItem", cluster.arn, Condition=in_transactions)))
    client = cluster.client(user.key["AccessKeyId"], user.key["SecretAccessKey"])
    put = {"Put": {"TableName": cluster.table, "Item": {**KEY, "sk": {"S": "permitted"}}}}
    check = {"TableName": cluster.table, "Key": KEY, "ConditionExpression": "attribute_not_exists(absent)"}
    assert outcome(client, "transact_write_items", TransactItems=[put]) == {}
    assert outcome(client, "transact_write_items", TransactItems=[put, {"ConditionCheck": check}]) == ACCESS_DENIED
    assert outcome(client, "put_item", **put["Put"]) == ACCESS_DENIED


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


def test_batches_and_transactions_have_the_answers_of_dynamodb(cluster, dax, dynamodb, twin):
    keys = [{"pk": {"S": "batch"}, "sk": {"S": name}} for name in "abc"]
    items = [{**key, "n": {"N": str(number)}, "list": ITEM["list"]} for number, key in enumerate(keys)]

    def calls(table: str) -> list[tuple[str, dict[str, Any]]]:
        def check(condition: str, **more: Any) -> dict[str, Any]:
            return {"TableName": table, "ConditionExpression": condition, **more}

        puts = [{"PutRequest": {"Item": item}} for item in items]
        projected = {"Keys": keys[1:], "ProjectionExpression": "#l[0], n", **_names(l="list")}
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
                {"TransactItems": [{"Get": {**gets[0]["Get"], "ProjectionExpression": "#l[1]", **_names(l="list")}}]},
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

    for (operation, through), (_, direct) in zip(calls(cluster.table), calls(twin), strict=True):
        answers = [outcome(dax, operation, **through), outcome(dynamodb, operation, **direct)]
        assert by_key(answers[0], cluster.table) == by_key(answers[1], twin), (operation, through)


def by_key(answer: Any, table: str) -> Any:
    """An answer with the items of a batch in the order of their keys, without the table's name."""
    if isinstance(answer, dict) and isinstance(answer.get("Responses"), dict):
        return sorted(answer["Responses"][table], key=repr)
    return answer


@pytest.mark.parametrize("kinds", ["N", "NN", "BB", "B", "SN"])
def test_keys_of_other_types_are_those_of_dynamodb(cluster, dax, dynamodb, kinds):
    table, names = f"{cluster.table}-{kinds}", ("p", "s")[: len(kinds)]
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


def as_request(key: dict[str, Any]) -> dict[str, Any]:
    """A comparable key as a request has it."""
    return {name: {kind: each if kind != "N" else str(each) for kind, each in key[name].items()} for name in key}


def test_an_index_is_read_page_by_page(cluster, dax, dynamodb):
    for number in range(5):
        dax.put_item(
            TableName=cluster.table,
            Item={"pk": {"S": f"paged{number}"}, "sk": {"S": "a"}, "group": {"S": "paged"}},
        )
    query = {
        "TableName": cluster.table,
        "IndexName": "by-group",
        "KeyConditionExpression": "#g = :g",
        "ExpressionAttributeValues": {":g": {"S": "paged"}},
        "Limit": 2,
        **_names(g="group"),
    }
    pages, start = [], {}
    while not pages or start:
        page = outcome(dax, "query", **query, **start)
        assert page == outcome(dynamodb, "query", **query, **start)
        pages.append(page["Count"])
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else {}
    assert sum(pages) == 5


# AWS's client uses it in its own threads.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@random_examples
@given(st.dictionaries(strategies.words, strategies.attribute_values, max_size=4))
def test_any_item_is_stored_as_dynamodb_stores_it(cluster, dax, dynamodb, attributes):
    item = {**attributes, "pk": {"S": "any"}, "sk": {"S": "item"}}
    read = {"TableName": cluster.table, "Key": {name: item[name] for name in ("pk", "sk")}}
    stored = outcome(dax, "put_item", TableName=cluster.table, Item=item)
    assert stored == outcome(dynamodb, "put_item", TableName=cluster.table, Item=item)
    if stored == {}:
        answers = [outcome(client, "get_item", **read) for client in (dax, dynamodb)]
        assert answers[0] == answers[1]
        assert answers[0] == outcome(dax, "get_item", **read, ConsistentRead=True)


# AWS's client uses it in its own threads.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@random_examples
@given(strategies.conditions)
def test_any_condition_selects_what_it_selects_in_dynamodb(cluster, dax, dynamodb, condition):
    used = {name: value for name, value in strategies.VALUES.items() if name in condition}
    names = {name: value for name, value in strategies.NAMES.items() if name in condition}
    query = {
        "TableName": cluster.table,
        "KeyConditionExpression": "pk = :p",
        "FilterExpression": condition,
        "ExpressionAttributeValues": {**used, ":p": {"S": "filtered"}},
        **({"ExpressionAttributeNames": names} if names else {}),
    }
    for number, attributes in enumerate(strategies.FILTERED):
        key = {"pk": {"S": "filtered"}, "sk": {"S": str(number)}}
        dynamodb.put_item(TableName=cluster.table, Item={**key, **attributes})
    assert outcome(dax, "query", **query) == outcome(dynamodb, "query", **query)


def test_a_scan_has_the_answer_of_dynamodb(cluster, dax, dynamodb):
    scan = {"TableName": cluster.table, "FilterExpression": "attribute_exists(pk)", "TotalSegments": 2}
    for segment in (0, 1):
        through = outcome(dax, "scan", **scan, Segment=segment)
        assert through == outcome(dynamodb, "scan", **scan, Segment=segment)
    assert outcome(dax, "scan", **scan, Segment=7) == "ValidationException"


def test_a_cancelled_transaction_has_its_reasons(cluster, dax):
    key = {"pk": {"S": "cancelled"}, "sk": {"S": "a"}}
    dax.put_item(TableName=cluster.table, Item={**key, "n": {"N": "1"}})
    put = {
        "TableName": cluster.table,
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


def test_capacity_is_consumed_by_misses_and_writes_only(cluster, dax):
    key = {"pk": {"S": "capacity"}, "sk": {"S": "a"}}
    write = dax.put_item(TableName=cluster.table, Item=key, ReturnConsumedCapacity="INDEXES")
    assert write["ConsumedCapacity"]["CapacityUnits"] == 1
    read = {"TableName": cluster.table, "ReturnConsumedCapacity": "TOTAL"}
    assert "ConsumedCapacity" not in dax.get_item(**read, Key=key)
    missing = dax.get_item(**read, Key={**key, "sk": {"S": "b"}})
    assert missing["ConsumedCapacity"] == {"TableName": cluster.table, "CapacityUnits": 0.5}


def test_the_consumed_capacity_is_that_of_dynamodb(cluster, dax, dynamodb, twin):
    key = {"pk": {"S": "consumed"}, "sk": {"S": "a"}}

    def calls(table: str) -> list[tuple[str, dict[str, Any]]]:
        item = {**key, "group": {"S": "consumed"}}
        condition = {"IndexName": "by-group", "KeyConditionExpression": "#g = :g", **_names(g="group")}
        return [
            ("batch_write_item", {"RequestItems": {table: [{"PutRequest": {"Item": item}}]}}),
            ("update_item", {"TableName": table, "Key": key, "UpdateExpression": "REMOVE absent"}),
            ("query", {"TableName": table, **condition, "ExpressionAttributeValues": {":g": item["group"]}}),
            ("transact_write_items", {"TransactItems": [{"Put": {"TableName": table, "Item": item}}]}),
            ("transact_get_items", {"TransactItems": [{"Get": {"TableName": table, "Key": key}}]}),
        ]

    for (operation, through), (_, direct) in zip(calls(cluster.table), calls(twin), strict=True):
        answers = [
            json.dumps(outcome(client, operation, **request, ReturnConsumedCapacity="INDEXES").get("ConsumedCapacity"))
            for client, request in ((dax, through), (dynamodb, direct))
        ]
        assert json.loads(answers[0]) == json.loads(answers[1].replace(twin, cluster.table)), operation


def test_hits_and_misses_are_counted(aws, cluster, dax):
    def counts() -> dict[str, int]:
        return fault_rules.request(aws, "GET", "/_quartet/dax")[1]["clusters"][cluster.name]

    before, key = counts(), {"pk": {"S": "counted"}, "sk": {"S": "a"}}
    for _ in range(3):
        dax.get_item(TableName=cluster.table, Key=key)
    after = counts()
    assert [after[name] - before[name] for name in ("requests", "item_hits", "item_misses", "items")] == [3, 2, 1, 1]
    assert after["endpoint"] == cluster.url


def test_describe_clusters_names_the_endpoint_and_other_operations_are_refused(aws, cluster):
    api = aws.client("dax")
    (described,) = api.describe_clusters(ClusterNames=[cluster.name])["Clusters"]
    assert (described["ClusterArn"], described["Status"]) == (cluster.arn, "available")
    assert described["ClusterDiscoveryEndpoint"]["URL"] == cluster.url
    with pytest.raises(ClientError, match="ClusterNotFoundFault"):
        api.describe_clusters(ClusterNames=["absent"])
    with pytest.raises(ClientError, match="UnknownOperationException"):
        api.describe_events()


def test_an_error_of_dynamodb_reaches_the_caller_and_a_slow_dynamodb_does_not_block_hits(cluster, dax, inject):
    cached, other = ({"pk": {"S": "slow"}, "sk": {"S": name}} for name in "ab")
    dax.get_item(TableName=cluster.table, Key=cached)
    inject(service="dynamodb", operation="GetItem", action="throttle", delay_ms=4000)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(outcome, dax, "get_item", TableName=cluster.table, Key=other)
        assert dax.get_item(TableName=cluster.table, Key=cached) == {}
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
def test_a_fault_rule_makes_a_call_fail(cluster, inject, rule, code):
    client, key = cluster.client(), {"pk": {"S": "faulty"}, "sk": {"S": f"{rule['action']}{len(rule)}"}}
    inject(service="dax", operation="PutItem", count=1, **rule)
    assert outcome(client, "put_item", TableName=cluster.table, Item=key) == code
    stored = client.get_item(TableName=cluster.table, Key=key, ConsistentRead=True)
    assert ("Item" in stored) == (rule["action"] == "drop")
    assert outcome(client, "put_item", TableName=cluster.table, Item=key) == {}


def test_garbage_and_a_late_answer_do_not_hurt_the_next_call(cluster, inject):
    client, key = cluster.client(), {"pk": {"S": "garbage"}, "sk": {"S": "a"}}
    inject(service="dax", operation="GetItem", action="garbage", count=1)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the client makes of random bytes
        client.get_item(TableName=cluster.table, Key=key)
    assert client.get_item(TableName=cluster.table, Key=key) is not None


def test_an_endpoint_that_hangs_is_given_up_by_the_client(cluster, inject):
    client, key = cluster.client(read_seconds=1), {"pk": {"S": "hanging"}, "sk": {"S": "a"}}
    inject(service="dax", operation="GetItem", action="hang", count=1)
    with pytest.raises(TimeoutError):
        client.get_item(TableName=cluster.table, Key=key)
    assert client.get_item(TableName=cluster.table, Key=key) is not None


def test_an_endpoint_that_refuses_connections_listens_again_at_its_port(aws, cluster):
    client, key = cluster.client(), {"pk": {"S": "refused"}, "sk": {"S": "a"}}
    client.get_item(TableName=cluster.table, Key=key)
    _, rule = fault_rules.request(aws, "POST", body={"service": "dax", "action": "refuse"})
    try:
        with pytest.raises((OSError, ClientError)):
            client.get_item(TableName=cluster.table, Key=key)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(cluster.url.rpartition(":")[2])))
    finally:
        fault_rules.request(aws, "DELETE", f"{fault_rules.PATH}/{rule['id']}")
    wait_until(lambda: outcome(cluster.client(), "get_item", TableName=cluster.table, Key=key) is not None)


def test_the_faults_of_endpoints_are_for_dax_alone(aws):
    for rule in (
        {"service": "dynamodb", "action": "hang"},
        {"service": "dax", "action": "refuse", "operation": "GetItem"},
        {"service": "dax", "action": "hang", "operation": "NoSuchCall"},
    ):
        assert fault_rules.request(aws, "POST", body=rule)[0] == 400


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
