"""A page of a Query or a Scan is the same as MiniStack's own, and costs no more with more items."""

import base64
import copy
import json
from collections import defaultdict
from functools import partial
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ministack.services import dynamodb

from local_aws.services.dynamodb import pages, sorted_keys

TABLE = "pages"
OWNERS, KINDS, RANKS = ("a", "b"), ("x", "y"), ("-2", "0", "3", "10")
SORT_KEYS = {
    "S": [{"S": text} for text in ("t", "to", "todo#1", "todo#2", "tp", "é", "\U0001f600")],
    "N": [{"N": text} for text in ("-3", "-0.5", "0", "2", "10", "1000000")],
    "B": [{"B": base64.b64encode(value).decode()} for value in (b"\x00", b"\x01", b"\x01\xff", b"\x80")],
}
# The whole table, indexes that order by another attribute, and one without a sort key.
HASH_KEYS = {None: "owner", "local": "owner", "ranks": "kind", "kinds": "kind"}
SORTED_BY = {None: "key", "local": "rank", "ranks": "rank"}
CONDITIONS = (
    "#sort = :one",
    "#sort < :one",
    "#sort <= :one",
    "#sort > :one",
    "#sort >= :one",
    ":one < #sort",
    "#sort BETWEEN :low AND :high",
    "(#sort BETWEEN :low AND :high)",
    "begins_with(#sort, :one)",
)


@pytest.fixture(scope="module", autouse=True)
def _hooks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamodb, "_tables", pages.Tables())
        patch.setattr(dynamodb, "_index_item", partial(sorted_keys._keep_sorted, dynamodb._index_item))
        patch.setattr(dynamodb, "_evaluate_condition", partial(pages._evaluate, dynamodb._evaluate_condition))
        patch.setattr(pages, "_FEW", 0)
        yield


def created(kind: str):
    """An empty table whose sort key has this type."""
    dynamodb._tables.pop(TABLE, None)
    by_rank = {"AttributeName": "rank", "KeyType": "RANGE"}
    owner, kind_key = ({"AttributeName": name, "KeyType": "HASH"} for name in ("owner", "kind"))
    everything, keys_only = {"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"}
    types = {"owner": "S", "key": kind, "kind": "S", "rank": "N"}
    status, _, body = dynamodb._create_table(
        {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [owner, {"AttributeName": "key", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": types[name]} for name in types],
            "LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": [owner, by_rank], "Projection": everything}],
            "GlobalSecondaryIndexes": [
                {"IndexName": "ranks", "KeySchema": [kind_key, by_rank], "Projection": keys_only},
                {"IndexName": "kinds", "KeySchema": [kind_key], "Projection": everything},
            ],
        }
    )
    assert status == 200, body
    return dynamodb._tables[TABLE]


def put(owner: str, key: dict[str, str], **attributes: dict[str, str]) -> None:
    status, _, body = dynamodb._put_item(
        {"TableName": TABLE, "Item": {"owner": {"S": owner}, "key": key, **attributes}}
    )
    assert status == 200, body


def same_page(operation, plain, request):
    """The answer to a request, which is MiniStack's own."""
    page = operation(plain, copy.deepcopy(request))
    assert page == plain(copy.deepcopy(request))
    return json.loads(page[2])


def delete(owner: str, key: dict[str, str]) -> None:
    dynamodb._delete_item({"TableName": TABLE, "Key": {"owner": {"S": owner}, "key": key}})


def replace_all(table) -> None:
    """What a restored table and a cancelled ExecuteTransaction do."""
    table["items"] = defaultdict(dict, copy.deepcopy(dict(table["items"])))
    dynamodb._items_replaced(table)


def query(draw, sort_values):
    index = draw(st.sampled_from(list(HASH_KEYS)))
    partition = draw(st.sampled_from(OWNERS if HASH_KEYS[index] == "owner" else KINDS))
    request = {
        "TableName": TABLE,
        "KeyConditionExpression": "#hash = :hash",
        "ExpressionAttributeNames": {"#hash": HASH_KEYS[index]},
        "ExpressionAttributeValues": {":hash": {"S": partition}},
        **({"IndexName": index} if index else {}),
        **draw(page_options),
    }
    if draw(st.booleans()):
        request["FilterExpression"] = "attribute_exists(done)"
    if draw(st.booleans()):
        request["ExclusiveStartKey"] = draw(start(sort_values))
    if index in SORTED_BY and draw(st.booleans()):
        values = sort_values if index is None else [{"N": rank} for rank in RANKS]
        # One in many is of another type, which no item has.
        add_sort_condition(draw, request, SORTED_BY[index], [*values, *values, {"BOOL": True}])
    return request


def start(sort_values):
    """A key to start from, of an item that may not exist, and with too few attributes for some indexes."""
    return st.fixed_dictionaries(
        {"owner": st.fixed_dictionaries({"S": owners}), "key": st.sampled_from(sort_values)},
        optional={"rank": st.fixed_dictionaries({"N": st.sampled_from(RANKS)}), "kind": st.just({"S": "x"})},
    )


def add_sort_condition(draw, request, name, values) -> None:
    condition = draw(st.sampled_from(CONDITIONS))
    chosen = {":one": draw(st.sampled_from(values)), ":low": values[0], ":high": draw(st.sampled_from(values))}
    clauses = [request["KeyConditionExpression"], condition]
    request["KeyConditionExpression"] = " AND ".join(draw(st.permutations(clauses)))
    request["ExpressionAttributeNames"]["#sort"] = name
    request["ExpressionAttributeValues"] |= {name: value for name, value in chosen.items() if name in condition}


page_options = st.fixed_dictionaries(
    {},
    optional={
        "Limit": st.integers(1, 4),
        "ScanIndexForward": st.booleans(),
        "Select": st.just("COUNT"),
        "ReturnConsumedCapacity": st.just("INDEXES"),
    },
)


def walk(operation, plain, request, change) -> None:
    """Read all pages; `change` changes the table between two of them."""
    for _ in range(30):
        page = same_page(operation, plain, request)
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        change()
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("kind", SORT_KEYS)
@settings(max_examples=60)
@given(data=st.data())
def test_pages_are_those_of_ministack_while_items_change(kind, data):
    table = created(kind)

    def change() -> None:
        action, owner = data.draw(st.sampled_from(("put", "put", "put", "delete", "all"))), data.draw(owners)
        key = data.draw(st.sampled_from(SORT_KEYS[kind]))
        if action == "put":
            put(owner, key, **data.draw(attributes))
        elif action == "delete":
            delete(owner, key)
        else:
            replace_all(table)

    for _ in range(data.draw(st.integers(1, 4))):
        for _ in range(data.draw(st.integers(0, 12))):
            change()
        walk(pages._query, dynamodb._query, query(data.draw, SORT_KEYS[kind]), change)
        walk(pages._scan, dynamodb._scan, {"TableName": TABLE, **data.draw(page_options)}, change)


owners = st.sampled_from(OWNERS)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.fixed_dictionaries({"S": st.sampled_from(KINDS)}),
        "rank": st.fixed_dictionaries({"N": st.sampled_from(RANKS)}),
        "done": st.just({"BOOL": True}),
    },
)


@pytest.mark.parametrize("kind", SORT_KEYS)
def test_each_key_condition_finds_the_same_items(kind):
    created(kind)
    for owner in OWNERS:
        for key in SORT_KEYS[kind]:
            put(owner, key)
    pages_found = [{}, {"Limit": 1}, {"Limit": 2, "ScanIndexForward": False}]
    for condition, one, options in product(CONDITIONS, SORT_KEYS[kind], pages_found):
        request = {"TableName": TABLE, "KeyConditionExpression": f"#hash = :hash AND {condition}", **options}
        request["ExpressionAttributeNames"] = {"#hash": "owner", "#sort": "key"}
        values = {":hash": {"S": "a"}, ":one": one, ":low": SORT_KEYS[kind][0], ":high": one}
        request["ExpressionAttributeValues"] = {name: values[name] for name in values if name in f":hash {condition}"}
        walk(pages._query, dynamodb._query, request, lambda: None)


@pytest.mark.parametrize("options", [{}, {"ScanIndexForward": False}, {"IndexName": "local"}, {"Limit": 17}])
def test_a_page_ends_after_one_megabyte(options):
    created("N")
    for number in range(30):
        put("a", {"N": str(number)}, rank={"N": str(-number)}, text={"S": "x" * 99_990})
    by_owner = {"KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}
    request = {"TableName": TABLE, **by_owner, "ExpressionAttributeValues": {":o": {"S": "a"}}, **options}
    walk(pages._query, dynamodb._query, copy.deepcopy(request), lambda: None)
    assert same_page(pages._query, dynamodb._query, request)["Count"] == 10
    if not options:
        walk(pages._scan, dynamodb._scan, {"TableName": TABLE}, lambda: None)


@pytest.mark.parametrize(
    ("operation", "plain", "request_of"),
    [
        (pages._query, dynamodb._query, {"ScanIndexForward": True}),
        (pages._query, dynamodb._query, {"ScanIndexForward": False}),
        (pages._query, dynamodb._query, {"IndexName": "local"}),
        (pages._scan, dynamodb._scan, None),
    ],
)
def test_a_page_reads_no_more_items_than_its_limit(monkeypatch, operation, plain, request_of):
    created("S")
    for number in range(200):
        put("a", {"S": f"{number:03}"}, rank={"N": str(number)})
    values = {":o": {"S": "a"}, ":low": {"N": "50"} if "IndexName" in (request_of or ()) else {"S": "050"}}
    names = {"#o": "owner", "#s": "rank" if "IndexName" in (request_of or ()) else "key"}
    condition = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    request = {"TableName": TABLE, "Limit": 5}
    if request_of is not None:
        request |= {"KeyConditionExpression": "#o = :o AND #s >= :low", **condition, **request_of}
    read, evaluate = set(), dynamodb._ExprEval
    monkeypatch.setattr(dynamodb, "_index_order_value", counting(read, dynamodb._index_order_value))
    monkeypatch.setattr(dynamodb, "_evaluate_condition", counting(read, dynamodb._evaluate_condition, position=1))
    monkeypatch.setattr(dynamodb, "_item_size_bytes", counting(read, dynamodb._item_size_bytes))
    evaluated = []
    monkeypatch.setattr(dynamodb, "_ExprEval", lambda *arguments: evaluated.append(arguments) or evaluate(*arguments))
    for number in range(3):
        read.clear()
        evaluated.clear()
        page = json.loads(operation(plain, request)[2])
        assert page["ScannedCount"] == 5
        # The first page sorts the keys. The others also read the key that they start from.
        assert number == 0 or len(read) <= 6
        assert len(evaluated) <= 2
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def counting(read, function, position=0):
    """The function, which notes by identity which item it is given."""

    def counted(*arguments, **named):
        read.add(id(arguments[position]))
        return function(*arguments, **named)

    return counted


def test_sorted_keys_are_not_saved():
    created("S")
    put("a", {"S": "1"})
    before = repr(dynamodb.get_state()["tables"]._data)
    same_page(pages._scan, dynamodb._scan, {"TableName": TABLE})
    assert repr(dynamodb.get_state()["tables"]._data) == before
