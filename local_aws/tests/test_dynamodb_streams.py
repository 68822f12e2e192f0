"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html"""

import json
import time

import pytest
from botocore.exceptions import ClientError
from ministack.services import dynamodb

from local_aws.services.lambda_.event_sources.dynamodb import StreamShard
from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.stream_tables import READER, Reader, Table


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server for the tests that stop or kill it, and start it again; each has a table of its own."""
    server = EmbeddedAws(tmp_path_factory.mktemp("stopped"), arguments=("--save-seconds", "0.3")).start()
    yield server
    server.stop()


def numbers(table):
    return [int(record["dynamodb"]["SequenceNumber"]) for record in table.records()]


def test_records_and_their_order_survive_kill_9(server):
    table = Table(server)
    table.put("a", "b")
    before = table.records()
    server.wait_until_saved()
    server.kill()
    server.start()
    assert table.records() == before
    table.put("c")
    assert [key for _, key in table.changes()] == ["a", "b", "c"]
    assert numbers(table) == sorted(set(numbers(table)))


def test_an_iterator_is_valid_after_a_restart(server):
    table = Table(server)
    table.put("a")
    page = table.streams.get_records(ShardIterator=table.iterator())
    server.restart()
    table.put("b")
    (record,) = table.streams.get_records(ShardIterator=page["NextShardIterator"])["Records"]
    assert record["dynamodb"]["Keys"] == {"id": {"S": "b"}}


def test_a_mapping_continues_at_its_position_after_kill_9(server):
    table = Table(server)
    table.put("a", "b")
    reader = Reader(server, table)
    assert reader.batch() == ["a", "b"]
    # The function reports before its answer moves the place.
    wait_until(lambda: reader.last_result() == "OK", "the batch is processed")
    server.wait_until_saved()
    server.kill()
    server.start()
    table.put("c")
    assert reader.batch() == ["c"]


def test_records_that_were_not_processed_before_kill_9_are_delivered_after_it(server):
    table = Table(server)
    table.put("a:crash", "b")
    reader = Reader(server, table, BatchSize=1)
    assert reader.batch() == ["a"]
    server.wait_until_saved()
    server.kill()
    server.start()
    assert reader.batch() == ["a"]
    reader.update(MaximumRetryAttempts=0)
    wait_until(lambda: reader.batch() == ["b"], "what comes after")


def test_a_stop_during_a_batch_is_not_a_failure_of_the_batch(server):
    table = Table(server)
    table.put("a:very slow")
    code = READER.replace('"slow" in said', '"very slow" in said').replace("time.sleep(0.5)", "time.sleep(4)")
    reader = Reader(server, table, code=code, MaximumRetryAttempts=0)
    assert reader.batch() == ["a"]
    server.restart()
    assert reader.batch() == ["a"]


def test_a_shards_sequence_number_range_begins_with_the_stream(aws):
    before = int(time.time())
    table = Table(aws)
    after = time.time()
    described = table.streams.describe_stream(StreamArn=table.stream_arn)["StreamDescription"]
    assert described["StreamStatus"] == "ENABLED"
    assert described["TableName"] == table.name
    assert before <= described["CreationRequestDateTime"].timestamp() <= after
    (shard,) = described["Shards"]
    assert "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    table.put("a")
    assert int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) <= numbers(table)[0]


def test_an_iterator_starts_at_or_after_a_sequence_number(aws):
    table = Table(aws)
    table.put("a", "b", "c")
    middle = numbers(table)[1]

    def keys(kind, number):
        records = table.records(kind, SequenceNumber=str(number))
        return [record["dynamodb"]["Keys"]["id"]["S"] for record in records]

    assert keys("AT_SEQUENCE_NUMBER", middle) == ["b", "c"]
    assert keys("AFTER_SEQUENCE_NUMBER", middle) == ["c"]
    assert keys("AT_SEQUENCE_NUMBER", middle + 1) == ["c"]
    assert keys("AFTER_SEQUENCE_NUMBER", middle - 1) == ["b", "c"]
    assert keys("AFTER_SEQUENCE_NUMBER", numbers(table)[-1]) == []


@pytest.mark.parametrize("number", ["abc" * 8, "-1" * 12, "²" * 21, "9" * 5000], ids=lambda number: number[:3])
def test_an_invalid_sequence_number_is_refused(aws, number):
    table = Table(aws)
    with pytest.raises(ClientError, match="ValidationException"):
        table.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=number)


def test_more_than_a_thousand_records_at_once_are_refused(aws):
    table = Table(aws)
    with pytest.raises(ClientError, match=r"ValidationException.*1000"):
        table.streams.get_records(ShardIterator=table.iterator(), Limit=1001)


def test_a_disabled_stream_is_read_to_its_end(aws):
    table = Table(aws)
    reader = Reader(aws, table, Enabled=False)
    table.put("a")
    arn = table.stream_arn
    table.dynamodb.update_table(TableName=table.name, StreamSpecification={"StreamEnabled": False})
    described = table.streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert described["StreamStatus"] == "DISABLED"
    reader.update(Enabled=True)
    assert reader.batch() == ["a"]


def test_records_are_read_for_24_hours(monkeypatch):
    scope, name = ("1", "us-east-1"), "kept-a-day"
    arn = f"arn:aws:dynamodb:us-east-1:1:table/{name}/stream/now"

    def record(number, hours_ago):
        change = {
            "SequenceNumber": str(number),
            "ApproximateCreationDateTime": int(time.time() - hours_ago * 3600),
            "Keys": {"id": {"S": "a"}},
            "SizeBytes": 4,
        }
        return {"dynamodb": change}

    kept = [record(1, 25), record(2, 24.1), record(3, 23.9), record(4, 0)]
    monkeypatch.setitem(dynamodb._tables._data, (*scope, name), {"LatestStreamArn": arn})
    monkeypatch.setitem(dynamodb._stream_records._data, (*scope, name), kept)
    shard = StreamShard(*scope, arn)
    assert [record.sequence for record in shard.read(0)] == [3, 4]
    assert [record.sequence for record in shard.read(3)] == [4]
    assert list(StreamShard(*scope, f"{arn}-of-before").read(0)) == []


def test_a_write_that_changes_nothing_makes_no_record(aws):
    table = Table(aws)
    table.put("a:same", "a:same")
    table.delete("never there")
    assert table.changes() == [("INSERT", "a")]


def test_a_stream_of_a_template_has_its_label_in_its_arn(aws):
    resource = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        },
    }
    template = {
        "Resources": {"T": resource},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["T", "StreamArn"]}}, "Name": {"Value": {"Ref": "T"}}},
    }
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="labelled", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="labelled", WaiterConfig={"Delay": 0.2})
    (stack,) = cloudformation.describe_stacks(StackName="labelled")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    table = Table(aws, name=outputs["Name"])
    assert table.description["LatestStreamArn"] == outputs["Arn"]
    assert outputs["Arn"].endswith(f"/stream/{table.description['LatestStreamLabel']}")
    table.put("a", say="not in the record")
    (record,) = table.records()
    assert "NewImage" not in record["dynamodb"]
