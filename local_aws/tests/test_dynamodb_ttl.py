"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html"""

import time

import pytest

from local_aws.testing import wait_until
from local_aws.tests.global_tables import global_table
from local_aws.tests.stream_tables import Reader, Table

SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def expire(table):
    specification = {"Enabled": True, "AttributeName": "until"}
    table.dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)


def in_seconds(seconds):
    return {"N": str(int(time.time()) + seconds)}


def test_an_expired_item_is_deleted_with_a_record_of_the_service(aws):
    table = Table(aws)
    expire(table)
    table.put("a", until=in_seconds(1))
    wait_until(lambda: table.get("a") is None, "the item's end")
    *_, record = table.records()
    assert record["eventName"] == "REMOVE"
    assert record["dynamodb"]["OldImage"]["id"] == {"S": "a"}
    assert record["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def test_a_function_can_tell_expiry_from_deletion(aws):
    table = Table(aws)
    expire(table)
    reader = Reader(aws, table, whole=True, BatchSize=1)
    table.put("deleted", until=in_seconds(3600))
    table.delete("deleted")
    table.put("expired", until=in_seconds(0))
    records = [reader.message()["records"][0] for _ in range(4)]
    told = [(record["eventName"], record.get("userIdentity")) for record in records]
    assert told == [("INSERT", None), ("REMOVE", None), ("INSERT", None), ("REMOVE", SERVICE)]


SIX_YEARS = 6 * 365 * 86_400
STAYING = {
    "a text": lambda: {"S": "0"},
    "more than five years ago": lambda: in_seconds(-SIX_YEARS),
    "at the epoch": lambda: {"N": "0"},
    "in an hour": lambda: in_seconds(3600),
}


@pytest.mark.parametrize("until", STAYING.values(), ids=STAYING)
def test_these_items_are_not_deleted(aws, until):
    table = Table(aws)
    expire(table)
    table.put("stays", until=until())
    table.put("goes", until=in_seconds(0))
    wait_until(lambda: table.get("goes") is None, "the other item's end")
    assert table.get("stays")


def test_one_region_deletes_an_expired_item_of_a_global_table_and_the_others_replicate_it(aws):
    replicas = global_table(aws)
    expire(replicas[0])
    replicas[0].put("a", until=in_seconds(1))
    for table in replicas:
        wait_until(lambda: table.changes()[-1:] == [("REMOVE", "a")], "the item's end")  # noqa: B023
        assert table.changes() == [("INSERT", "a"), ("REMOVE", "a")]
    identities = [table.records()[-1].get("userIdentity") for table in replicas]
    assert sorted(map(bool, identities)) == [False, True]
