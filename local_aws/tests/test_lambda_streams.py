"""A table's stream as a function's event source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html."""

import json
import time
import urllib.request
import uuid
from itertools import combinations

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests.lambda_functions import create
from local_aws.tests.stream_tables import READING, Reader, Table


@pytest.fixture
def table(aws):
    return Table(aws)


def test_the_function_gets_a_change_as_a_stream_record(aws, table):
    reader = Reader(aws, table, whole=True)
    table.put("a", say="one")
    (record,) = reader.message()["records"]
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"] == table.stream_arn
    assert record["awsRegion"] == "us-east-1"
    assert record["eventVersion"] == "1.1"
    change = record["dynamodb"]
    assert change["Keys"] == {"id": {"S": "a"}}
    assert change["NewImage"] == {"id": {"S": "a"}, "say": {"S": "one"}}
    assert change["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    # Names and values, keys counted as well: id a, id a, say one.
    assert change["SizeBytes"] == 3 + 3 + 6
    assert 21 <= len(change["SequenceNumber"]) <= 40


def test_earlier_records_are_delivered_in_order_from_the_trim_horizon(aws, table):
    table.put("a", "b", "c", "d", "e")
    reader = Reader(aws, table, BatchSize=2)
    assert [reader.batch(), reader.batch(), reader.batch()] == [["a", "b"], ["c", "d"], ["e"]]


def test_latest_skips_earlier_records(aws, table):
    table.put("before")
    reader = Reader(aws, table, StartingPosition="LATEST")
    table.put("after")
    assert reader.batch() == ["after"]


def test_a_batching_window_collects_changes(aws, table):
    reader = Reader(aws, table, BatchSize=3, MaximumBatchingWindowInSeconds=300)
    table.put("a", "b")
    table.put("c")
    assert reader.batch() == ["a", "b", "c"]


def test_a_batch_that_is_not_full_is_sent_when_its_window_ends(aws, table):
    reader = Reader(aws, table, MaximumBatchingWindowInSeconds=1)
    began = time.monotonic()
    table.put("a")
    assert reader.batch() == ["a"]
    assert time.monotonic() - began >= 1


def test_a_full_batch_does_not_wait_for_the_window(aws, table):
    reader = Reader(aws, table, BatchSize=2, MaximumBatchingWindowInSeconds=300)
    table.put("a", "b")
    assert reader.batch() == ["a", "b"]


def test_a_failing_batch_blocks_its_shard_until_it_succeeds(aws, table):
    table.put("a:crash once", "b", "c")
    reader = Reader(aws, table, BatchSize=2)
    assert [reader.batch(), reader.batch(), reader.batch()] == [["a", "b"], ["a", "b"], ["c"]]


def test_only_records_from_the_first_failure_on_are_delivered_again(aws, table):
    table.put("a", "b:fail", "c")
    reader = Reader(aws, table, MaximumRetryAttempts=1)
    assert [reader.batch(), reader.batch()] == [["a", "b", "c"], ["b", "c"]]
    table.put("d")
    assert reader.batch() == ["d"]


def test_a_batch_is_tried_again_as_often_as_configured(aws, table):
    table.put("a:crash", "b")
    reader = Reader(aws, table, BatchSize=1, MaximumRetryAttempts=2)
    assert [reader.batch() for _ in range(4)] == [["a"], ["a"], ["a"], ["b"]]
    wait_until(lambda: state(aws, reader)["LastProcessingResult"] == "OK", "the last result")


def test_an_unknown_item_identifier_fails_the_whole_batch(aws, table):
    table.put("a", "b:nonsense")
    reader = Reader(aws, table, MaximumRetryAttempts=1)
    assert [reader.batch(), reader.batch()] == [["a", "b"], ["a", "b"]]


def test_a_batch_is_halved_until_the_bad_record_is_alone(aws, table):
    table.put("a", "b", "c:crash", "d")
    reader = Reader(aws, table, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    batches = [reader.batch() for _ in range(5)]
    assert batches == [["a", "b", "c", "d"], ["a", "b"], ["c", "d"], ["c"], ["d"]]


def test_with_bisection_a_reported_failure_splits_the_batch_there(aws, table):
    table.put("a", "b", "c:fail", "d")
    reader = Reader(aws, table, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    assert [reader.batch() for _ in range(4)] == [["a", "b", "c", "d"], ["c", "d"], ["c"], ["d"]]


def state(aws, reader):
    return aws.client("lambda").get_event_source_mapping(UUID=reader.uuid)


# ---- destinations ----------------------------------------------------------------------------------------------------


def queue(aws):
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"failed-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def received(aws, url):
    (message,) = aws.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=15)["Messages"]
    return json.loads(message["Body"])


def failing(aws, table, destination, *rights, **settings):
    reader = Reader(aws, table, Enabled=False)
    reader.function.allow({"Action": list(rights), "Resource": "*"})
    settings = {"MaximumRetryAttempts": 1, **settings}
    reader.update(Enabled=True, DestinationConfig={"OnFailure": {"Destination": destination}}, **settings)
    return reader


def check_document(document, table, reader):
    numbers = [record["dynamodb"]["SequenceNumber"] for record in table.records()]
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 2
    assert document["requestContext"]["functionArn"].endswith(f":function:{reader.function.name}")
    assert document["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert document["version"] == "1.0"
    batch = document["DDBStreamBatchInfo"]
    assert batch["startSequenceNumber"] == numbers[0]
    assert batch["endSequenceNumber"] == numbers[-1]
    assert batch["batchSize"] == 2
    assert batch["streamArn"] == table.stream_arn
    assert batch["shardId"].startswith("shardId-")


def test_a_queue_is_notified_of_discarded_records(aws, table):
    table.put("a:crash", "b")
    url, arn = queue(aws)
    reader = failing(aws, table, arn, "sqs:SendMessage")
    document = received(aws, url)
    check_document(document, table, reader)
    assert "payload" not in document


def test_a_topic_is_notified_of_discarded_records(aws, table):
    table.put("a:crash", "b")
    url, arn = queue(aws)
    sns = aws.client("sns")
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    topic = sns.create_topic(Name=f"failed-{uuid.uuid4().hex[:12]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    reader = failing(aws, table, topic, "sns:Publish")
    check_document(received(aws, url), table, reader)


def test_a_bucket_gets_the_discarded_records_themselves(aws, table):
    table.put("a:crash", "b")
    s3, bucket = aws.client("s3"), f"failed-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    reader = failing(aws, table, f"arn:aws:s3:::{bucket}", "s3:PutObject", "s3:ListBucket")
    (found,) = wait_until(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"), "an object")
    shard = table.streams.describe_stream(StreamArn=table.stream_arn)["StreamDescription"]["Shards"][0]["ShardId"]
    assert found["Key"].startswith(f"aws/lambda/{reader.uuid}/{shard}/")
    document = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    check_document(document, table, reader)
    payload = json.loads(document["payload"])
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in payload["Records"]] == ["a", "b"]


def test_the_stream_continues_if_the_role_may_not_send_to_the_destination(aws, table):
    table.put("a:crash", "b")
    url, arn = queue(aws)
    sns_only = failing(aws, table, arn, "sns:Publish", BatchSize=1)
    sns_only.function.allow({"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": arn})
    assert sns_only.until_quiet(3) == [["a"], ["a"], ["b"]]
    assert "Messages" not in aws.client("sqs").receive_message(QueueUrl=url)


# ---- throttling ------------------------------------------------------------------------------------------------------


def test_throttling_does_not_count_as_a_retry(aws, table):
    table.put("a", "b")
    reader = Reader(aws, table, Enabled=False, MaximumRetryAttempts=0)
    with fault(aws, function=reader.function.name, action="throttle", count=4):
        reader.update(Enabled=True)
        assert reader.batch() == ["a", "b"]


class fault:  # noqa: N801 - reads as a word in `with`
    """Have a rule of the fault API while a block runs."""

    def __init__(self, aws, **rule):
        self.url, self.rule = f"{aws.endpoint_url}/_quartet/faults", rule

    def __enter__(self):
        request = urllib.request.Request(
            self.url, json.dumps(self.rule).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request) as response:
            self.id = json.load(response)["id"]

    def __exit__(self, *_):
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/{self.id}", method="DELETE")).close()


# ---- parallel batches, filters ---------------------------------------------------------------------------------------


# Tells of each invocation when it began and ended. The first of an item ends when the first of another has begun.
TIMED = """
    import json, os, pathlib, time, boto3
    sqs = boto3.client("sqs")
    def handler(event, context):
        (record,) = event["Records"]
        began, change = time.time(), record["dynamodb"]
        key, number = change["Keys"]["id"]["S"], change["NewImage"]["number"]["N"]
        folder = pathlib.Path(change["NewImage"]["folder"]["S"])
        (folder / key).touch()
        while len(list(folder.iterdir())) < 2:
            time.sleep(0.01)
        sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps([key, number, began, time.time()]))
    """


def test_batches_of_different_items_run_concurrently_and_each_item_keeps_its_order(aws, table, tmp_path):
    for number in range(3):
        for key in "abcdefgh":
            table.put(key, number={"N": str(number)}, folder={"S": str(tmp_path)})
    reader = Reader(aws, table, TIMED, BatchSize=1, ParallelizationFactor=8)
    runs = sorted((reader.message() for _ in range(24)), key=lambda run: run[2])
    for key in "abcdefgh":
        first, second, third = (run for run in runs if run[0] == key)
        assert [first[1], second[1], third[1]] == ["0", "1", "2"]
        assert first[3] <= second[2]
        assert second[3] <= third[2]
    assert any(one[0] != other[0] and one[2] < other[3] and other[2] < one[3] for one, other in combinations(runs, 2))


def test_only_matching_records_reach_the_function(aws, table):
    pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"say": {"S": ["yes"]}}}}
    reader = Reader(aws, table, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    table.put("a:no", "b:yes", "a:yes", "c")
    assert reader.batch() == ["b"]
    table.put("d:yes")
    assert reader.batch() == ["d"]


@pytest.mark.parametrize(
    "say",
    [
        [{"prefix": "ye"}],
        [{"anything-but": ["no"]}],
        [{"anything-but": {"prefix": "n"}}],
        [{"equals-ignore-case": "YES"}],
        ["never", "yes"],
    ],
)
def test_filters_support_the_operators_of_patterns(aws, table, say):
    pattern = {"dynamodb": {"NewImage": {"say": {"S": say}}, "OldImage": {"say": {"S": [{"exists": False}]}}}}
    reader = Reader(aws, table, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    table.put("a:no", "a:yes", "b:no", "c:yes")
    assert reader.batch() == ["c"]


# ---- mappings change -------------------------------------------------------------------------------------------------


def test_a_mapping_that_is_enabled_again_continues_at_its_position(aws, table):
    reader = Reader(aws, table)
    table.put("a")
    assert reader.batch() == ["a"]
    reader.update(Enabled=False)
    other = Reader(aws, table, StartingPosition="LATEST")
    table.put("b")
    assert other.batch() == ["b"]
    assert not reader.has_reported
    reader.update(Enabled=True)
    assert reader.batch() == ["b"]


def test_a_deleted_mapping_delivers_nothing_more(aws, table):
    reader = Reader(aws, table)
    aws.client("lambda").delete_event_source_mapping(UUID=reader.uuid)
    other = Reader(aws, table)
    table.put("a")
    assert other.batch() == ["a"]
    assert not reader.has_reported


def test_a_lower_retry_limit_applies_to_a_batch_that_is_being_retried(aws, table):
    table.put("a:crash")
    reader = Reader(aws, table)
    assert reader.batch() == ["a"]
    table.put("b")
    reader.update(MaximumRetryAttempts=0)
    wait_until(lambda: reader.batch() in (["b"], ["a", "b"]), "what comes after")


def test_a_changed_parallelization_factor_skips_no_record(aws, table):
    reader = Reader(aws, table, ParallelizationFactor=4, BatchSize=1)
    table.put(*"abc")
    assert sorted(key for batch in reader.until_quiet(3) for key in batch) == ["a", "b", "c"]
    reader.update(ParallelizationFactor=1)
    table.put(*"def")
    wait_until(lambda: reader.batch() == ["f"], "the last")


def test_the_description_of_a_mapping_has_the_defaults(aws, table):
    reader = Reader(aws, table, FunctionResponseTypes=[])
    told = state(aws, reader)
    expected = {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": False,
        "TumblingWindowInSeconds": 0,
        "StartingPosition": "TRIM_HORIZON",
        "State": "Enabled",
    }
    assert {name: told[name] for name in expected} == expected


# ---- refused mappings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"BatchSize": 10_001}, "BatchSize|batchSize"),
        ({"MaximumRecordAgeInSeconds": 30}, "MaximumRecordAgeInSeconds|maximumRecordAgeInSeconds"),
        ({"MaximumRetryAttempts": 10_001}, "maximumRetryAttempts"),
        ({"ParallelizationFactor": 11}, "parallelizationFactor"),
        ({"MaximumBatchingWindowInSeconds": 301}, "maximumBatchingWindowInSeconds"),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1}, "AT_TIMESTAMP"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "no json"}]}}, "Invalid filter pattern"),
        ({"TumblingWindowInSeconds": 10}, "umbling"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:lambda:us-east-1:1:function:x"}}}, "estination"),
    ],
)
def test_invalid_settings_are_refused(aws, table, settings, said):
    reader = Reader(aws, table, Enabled=False)
    aws.client("lambda").delete_event_source_mapping(UUID=reader.uuid)
    with pytest.raises(ClientError, match=rf"(InvalidParameterValue|Validation)Exception.*({said})"):
        reader.map(**settings)


def test_a_role_that_may_not_read_the_stream_is_refused(aws, table):
    function = create(aws, "def handler(event, context): pass")
    function.allow({"Action": READING[:1], "Resource": table.stream_arn})
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*Cannot access stream"):
        aws.client("lambda").create_event_source_mapping(
            EventSourceArn=table.stream_arn, FunctionName=function.name, StartingPosition="LATEST"
        )


def test_an_absent_stream_and_a_missing_position_are_refused(aws, table):
    reader = Reader(aws, table, Enabled=False)
    mappings = aws.client("lambda")
    wrong = table.stream_arn[:-3] + "000"
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*Stream not found"):
        mappings.create_event_source_mapping(
            EventSourceArn=wrong, FunctionName=reader.function.name, StartingPosition="LATEST"
        )
    mappings.delete_event_source_mapping(UUID=reader.uuid)
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*StartingPosition"):
        mappings.create_event_source_mapping(EventSourceArn=table.stream_arn, FunctionName=reader.function.name)


def test_a_second_mapping_of_the_same_stream_and_function_is_refused(aws, table):
    reader = Reader(aws, table)
    with pytest.raises(ClientError, match=f"ResourceConflictException.*{reader.uuid}"):
        reader.map()
