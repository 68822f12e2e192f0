"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html"""

import json
import uuid

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.global_tables import HOME, OTHER, THIRD, Away, call, global_table, pending, set_lag, wait_for
from local_aws.tests.stream_tables import KEY, Reader, Table


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An embedded AWS of this module's own, because an outage of a region would affect other tests."""
    server = EmbeddedAws(tmp_path_factory.mktemp("world"), arguments=("--save-seconds", "0.3")).start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _quick(world):
    set_lag(world, 0)
    yield
    call(world, "DELETE", "faults")


def test_a_write_arrives_everywhere_after_the_lag(world):
    home, other = global_table(world)
    set_lag(world, 3_600_000)
    home.put("a", say="one")
    assert home.word("a") == "one"
    assert other.get("a") is None
    assert pending(world, home) == 1
    set_lag(world, 0)
    wait_for(other, "a", "one")
    assert pending(world, home) == 0


def test_every_region_takes_writes_and_has_a_stream_of_all(world):
    home, other = global_table(world)
    home.put("a", say="one")
    wait_for(other, "a", "one")
    other.put("a", say="two")
    wait_for(home, "a", "two")
    home.delete("a")
    wait_for(other, "a", None)
    for table in (home, other):
        assert table.changes() == [("INSERT", "a"), ("MODIFY", "a"), ("REMOVE", "a")]
        assert {record["awsRegion"] for record in table.records()} == {table.region}
        assert f":{table.region}:" in table.stream_arn


def test_the_later_of_two_writes_of_one_item_wins_in_every_region(world):
    home, other = global_table(world)
    set_lag(world, 3_600_000)
    home.put("a", say="earlier")
    other.put("a", say="later")
    other.put("b", say="earlier")
    home.put("b", say="later")
    set_lag(world, 0)
    wait_until(lambda: pending(world, home) == 0, "all has arrived")
    assert [home.word("a"), other.word("a")] == ["later", "later"]
    assert [home.word("b"), other.word("b")] == ["later", "later"]


def test_a_later_delete_wins_over_an_earlier_write(world):
    home, other = global_table(world)
    home.put("a", say="old")
    wait_for(other, "a", "old")
    set_lag(world, 3_600_000)
    home.put("a", say="new")
    other.delete("a")
    set_lag(world, 0)
    wait_until(lambda: pending(world, home) == 0, "all has arrived")
    assert home.get("a") is None
    assert other.get("a") is None


def test_conditions_hold_in_one_region_only(world):
    home, other = global_table(world)
    set_lag(world, 3_600_000)
    for table in (home, other):
        table.dynamodb.put_item(
            TableName=table.name,
            Item={"id": {"S": "a"}, "say": {"S": table.region}},
            ConditionExpression="attribute_not_exists(id)",
        )
    set_lag(world, 0)
    wait_for(home, "a", OTHER)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        home.dynamodb.put_item(
            TableName=home.name, Item={"id": {"S": "a"}}, ConditionExpression="attribute_not_exists(id)"
        )


def test_transactions_and_batches_replicate(world):
    home, other = global_table(world)
    put = {"Put": {"TableName": home.name, "Item": {"id": {"S": "a"}, "say": {"S": "t"}}}}
    home.dynamodb.transact_write_items(TransactItems=[put])
    request = {"PutRequest": {"Item": {"id": {"S": "b"}, "say": {"S": "b"}}}}
    home.dynamodb.batch_write_item(RequestItems={home.name: [request]})
    wait_for(other, "a", "t")
    wait_for(other, "b", "b")


# ---- a region is away ------------------------------------------------------------------------------------------------


def test_a_region_that_is_down_does_not_respond(world):
    home, other = global_table(world)
    with Away(world, OTHER):
        with pytest.raises(HTTPClientError):
            other.get("a")
        with pytest.raises(HTTPClientError):
            world.client("s3", region=OTHER).list_buckets()
        assert home.get("a") is None
    assert other.get("a") is None


def test_writes_during_an_outage_arrive_when_the_region_is_back(world):
    home, other = global_table(world)
    with Away(world, OTHER):
        home.put("a", "b", say="meanwhile")
        wait_until(lambda: pending(world, home) == 2, "two writes wait")
    wait_for(other, "b", "meanwhile")
    assert other.changes() == [("INSERT", "a"), ("INSERT", "b")]


def test_writes_that_a_region_acknowledged_before_its_outage_arrive_afterwards(world):
    home, other = global_table(world)
    set_lag(world, 3_600_000)
    other.put("a", say="acknowledged")
    other.put("b", say="acknowledged")
    with Away(world, OTHER):
        set_lag(world, 0)
        home.put("b", say="later")
        assert home.get("a") is None
    wait_for(home, "a", "acknowledged")
    wait_for(other, "b", "later")
    assert home.word("b") == "later"


def test_two_regions_replicate_while_the_third_is_down(world):
    home, other, third = global_table(world, OTHER, THIRD)
    with Away(world, OTHER):
        home.put("a", say="one")
        wait_for(third, "a", "one")
        third.put("a", say="two")
        wait_for(home, "a", "two")
    wait_for(other, "a", "two")


def test_a_function_in_each_region_gets_a_write_once(world):
    replicas = global_table(world)
    readers = [Reader(world, replica) for replica in replicas]
    replicas[1].put("a")
    assert [reader.batch() for reader in readers] == [["a"], ["a"]]
    replicas[0].put("b")
    assert [reader.batch() for reader in readers] == [["b"], ["b"]]


def test_functions_in_a_region_that_is_down_wait(world):
    home, other = global_table(world)
    here, there = Reader(world, home), Reader(world, other)
    with Away(world, OTHER):
        home.put("a")
        assert here.batch() == ["a"]
    assert there.batch() == ["a"]
    other.put("b")
    assert there.batch() == ["b"]
    with Away(world, HOME):
        other.put("c")
        assert there.batch() == ["c"]
        wait_until(lambda: pending(world, home) >= 1, "a write that waits")
    wait_until(lambda: "c" in here.batch(), "what was written meanwhile")


def test_writes_that_are_being_replicated_survive_kill_9(world):
    home, other = global_table(world)
    set_lag(world, 3_600_000)
    home.put("a", say="on its way")
    world.wait_until_saved()
    world.kill()
    world.start()
    wait_for(other, "a", "on its way")
    assert other.changes() == [("INSERT", "a")]


@pytest.mark.parametrize("rule", [{}, {"region": HOME, "service": "dynamodb"}, {"region": HOME, "rate": 0.5}])
def test_only_a_whole_region_can_be_unreachable(world, rule):
    with pytest.raises(Exception, match="400"):
        call(world, "POST", "faults", {"action": "unreachable", **rule})


@pytest.mark.parametrize("body", [{}, {"lag_ms": -1}, {"lag_ms": "1"}, {"lag_ms": True}, {"lag_ms": 1, "x": 1}, []])
def test_an_invalid_lag_is_refused(world, body):
    with pytest.raises(Exception, match="400"):
        call(world, "PUT", "replication", body)


# ---- tables ----------------------------------------------------------------------------------------------------------


def test_all_replicas_have_the_same_indexes_and_time_to_live(world):
    home, other = global_table(world)
    index = {
        "IndexName": "by-say",
        "KeySchema": [{"AttributeName": "say", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    home.dynamodb.update_table(
        TableName=home.name,
        AttributeDefinitions=[{"AttributeName": "say", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )
    (found,) = other.description["GlobalSecondaryIndexes"]
    assert found["IndexArn"] == f"{other.description['TableArn']}/index/by-say"
    other.dynamodb.update_time_to_live(
        TableName=home.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    described = home.dynamodb.describe_time_to_live(TableName=home.name)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}


def test_the_stream_of_a_global_table_cannot_be_disabled(world):
    home, _ = global_table(world)
    with pytest.raises(ClientError, match="ValidationException"):
        home.dynamodb.update_table(TableName=home.name, StreamSpecification={"StreamEnabled": False})


def test_a_new_replica_gets_all_items_and_the_writes_that_are_being_replicated(world):
    home, other = global_table(world)
    home.put("a", say="there")
    wait_for(other, "a", "there")
    set_lag(world, 3_600_000)
    other.put("b", say="on its way")
    home.dynamodb.update_table(TableName=home.name, ReplicaUpdates=[{"Create": {"RegionName": THIRD}}])
    third = Table(world, THIRD, home.name)
    assert third.word("a") == "there"
    set_lag(world, 0)
    wait_for(third, "b", "on its way")
    regions = {replica["RegionName"] for replica in third.description["Replicas"]}
    assert regions == {HOME, OTHER}


def test_a_new_table_gets_no_writes_to_a_deleted_one_of_the_same_name(world):
    home, other = global_table(world)
    set_lag(world, 3_600_000)
    home.put("a", say="of the old table")
    other.put("b", say="of the old table")
    for table in (home, other):
        table.dynamodb.delete_table(TableName=home.name)
    assert pending(world, home) == 0
    home.dynamodb.create_table(TableName=home.name, **KEY)
    home.dynamodb.update_table(TableName=home.name, ReplicaUpdates=[{"Create": {"RegionName": OTHER}}])
    home.put("c", say="of the new one")
    set_lag(world, 0)
    wait_for(other, "c", "of the new one")
    assert (other.get("a"), home.get("b")) == (None, None)


def test_writes_that_a_deleted_replica_acknowledged_arrive_in_the_others(world):
    home, other = global_table(world)
    set_lag(world, 3_600_000)
    home.put("a", say="acknowledged")
    home.dynamodb.delete_table(TableName=home.name)
    set_lag(world, 0)
    wait_for(other, "a", "acknowledged")


def test_a_policy_allows_one_regions_replica(world):
    home, other = global_table(world)
    arn = other.description["TableArn"]
    assert arn == f"arn:aws:dynamodb:{OTHER}:000000000000:table/{home.name}"
    iam, name = world.client("iam"), f"u-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="one-region", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    wanted = {"TableName": home.name, "Key": {"id": {"S": "a"}}}
    credentials = key["AccessKeyId"], key["SecretAccessKey"]
    world.client("dynamodb", *credentials, region=OTHER).get_item(**wanted)
    with pytest.raises(ClientError, match="AccessDenied"):
        world.client("dynamodb", *credentials, region=HOME).get_item(**wanted)
