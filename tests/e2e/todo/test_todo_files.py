"""Files of to-dos: uploaded with the user's temporary credentials, and deleted by the table's stream."""

import json
import secrets
from datetime import UTC, datetime

import pytest

from common.values import new_id
from local_aws.testing import wait_until
from tests.e2e.todo.user import APP, TodoUser

FUNCTION = "todo-local-delete_files"


class Person(TodoUser):
    """A user whose to-dos have files."""

    def add_with_file(self, name: str = "a.txt") -> str:
        """Add a to-do with a file; returns its id."""
        todo_id = self.add("with a file")["url"].rpartition("/")[2]
        self.put(f"todos/{todo_id}/{name}")
        return todo_id

    def put(self, key: str) -> None:
        self.client("s3").put_object(Bucket=self.config["bucket"], Key=f"{self.folder}/{key}", Body=b"x")

    @property
    def files(self) -> set[str]:
        """The keys in the user's folder."""
        listed = self.client("s3").list_objects_v2(Bucket=self.config["bucket"], Prefix=f"{self.folder}/")
        return {file["Key"].removeprefix(f"{self.folder}/") for file in listed.get("Contents", [])}

    def delete(self, todo_id: str) -> None:
        response = self.call("DELETE", f"/todos/{todo_id}")
        assert response.status_code == 204, response.text

    def wait_for_files(self, *keys: str) -> None:
        wait_until(lambda: self.files == set(keys), f"the files are {keys}")


@pytest.fixture
def alice(stage):
    return Person(stage).sign_up().sign_in()


@pytest.fixture(scope="module")
def bob(stage):
    return Person(stage).sign_up().sign_in()


def test_the_files_of_a_deleted_todo_are_deleted_and_no_others(alice, bob):
    deleted, other, bobs = alice.add_with_file(), alice.add_with_file(), bob.add_with_file()
    alike = {
        "note.txt",
        f"todos/{deleted}",
        f"todos/{deleted}0/a",
        f"todos/{deleted}%2Fa",
        f"todos/../todos/{deleted}/a",
    }
    for key in [
        *alike,
        f"todos/{deleted}/../../a",
        f"todos/{deleted}/\x01",
        f"todos/{deleted}/\r",
        f"todos/{deleted}/b/ä+ ",
    ]:
        alice.put(key)
    # In another user's folder, which only the operator could write to.
    bob.put(f"todos/{deleted}/a.txt")
    alice.delete(deleted)
    alice.wait_for_files(*alike, f"todos/{other}/a.txt")
    assert bob.files == {f"todos/{bobs}/a.txt", f"todos/{deleted}/a.txt"}


def stream_records(stage, todo_id):
    """The stream's records of a to-do, and their shard."""
    streams, arn = stage.client("dynamodbstreams"), stage.outputs(APP)["TableStreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator, records = streams.get_shard_iterator(**place)["ShardIterator"], []
        # Other tests of the stage have written more than one answer has.
        while (answer := streams.get_records(ShardIterator=iterator))["Records"]:
            records += answer["Records"]
            iterator = answer["NextShardIterator"]
        changes = [one["dynamodb"] for one in records if one["dynamodb"]["Keys"]["key"]["S"] == f"todo#{todo_id}"]
        if changes:
            return shard["ShardId"], changes
    return pytest.fail(f"the stream has no records of {todo_id}")


def test_dead_letters_are_redriven_for_deleted_todos_and_no_others(stage, alice):
    deleted = alice.add_with_file()
    kept = alice.add_with_file()
    alice.delete(deleted)
    alice.wait_for_files(f"todos/{kept}/a.txt")
    # As if the function had not been able to delete these.
    given_up = new_id(datetime.now(UTC))
    for todo_id in (deleted, given_up):
        alice.put(f"todos/{todo_id}/left.txt")
    shard, changes = stream_records(stage, deleted)
    arn = stage.outputs(APP)["TableStreamArn"]
    batch = {
        "streamArn": arn,
        "shardId": shard,
        # The to-do that is kept was added between these.
        "startSequenceNumber": changes[0]["SequenceNumber"],
        "endSequenceNumber": changes[-1]["SequenceNumber"],
    }
    own = {
        "reason": "no folder",
        "eventSourceARN": arn,
        "eventID": "1",
        "sequenceNumber": "1",
        "keys": {"owner": {"S": alice.sub}, "key": {"S": f"todo#{given_up}"}},
    }
    sqs, queue = stage.client("sqs"), stage.outputs(APP)["StreamDeadLettersUrl"]
    for letter in ({"DDBStreamBatchInfo": batch}, own):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(letter))
    done = stage.deploy("task", "todo_app", "redrive", "Stream")
    assert "handled again: 2 messages" in done.stdout, done.stdout + done.stderr
    assert alice.files == {f"todos/{kept}/a.txt"}


def test_the_files_of_all_todos_are_deleted(alice):
    for number in range(3):
        alice.add_with_file(f"{number}.txt")
    alice.put("note.txt")
    assert alice.call("DELETE", "/todos").status_code == 204
    alice.wait_for_files("note.txt")


def test_the_files_of_a_todo_that_a_device_deletes_are_deleted(alice):
    todo_id = alice.add_with_file()
    change = {"op": "delete", "key": secrets.token_hex(8), "id": todo_id}
    assert alice.call("POST", "/changes", {"changes": [change]}).json()["results"][0]["status"] == 204
    alice.wait_for_files()


@pytest.mark.parametrize(
    "rule",
    [
        {"service": "s3", "operation": "ListBucket", "action": "fail", "count": 6},
        {"service": "s3", "operation": "DeleteObject", "action": "throttle", "count": 6},
        {"service": "dynamodb", "operation": "GetItem", "action": "fail", "count": 6},
        {"function": FUNCTION, "action": "kill", "count": 2},
        {"function": FUNCTION, "action": "throttle", "count": 2},
    ],
    ids=lambda rule: f"{rule['action']} {rule.get('function') or rule.get('operation')}",
)
def test_files_are_deleted_in_spite_of_faults(stage, alice, faults, rule):
    todo_id = alice.add_with_file()
    alice.put(f"todos/{todo_id}/b.txt")
    bucket, prefix = alice.config["bucket"], f"{alice.folder}/todos/"
    # The API needs the table, too; the item is deleted directly, when the folder is known.
    alice.delete(alice.add("another one")["url"].rpartition("/")[2])
    faults(**rule)
    key = {"owner": {"S": alice.sub}, "key": {"S": f"todo#{todo_id}"}}
    stage.client("dynamodb").delete_item(TableName=alice.config["table"], Key=key)
    wait_until(lambda: sum(faults.injected()) >= rule["count"], "the fault has struck as often as it should")
    s3 = stage.client("s3")
    wait_until(lambda: "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=prefix), "the files are deleted")


def test_nothing_is_deleted_while_cognito_fails(alice, faults):
    todo_id = alice.add_with_file()
    faults(service="cognito-identity", operation="GetId", action="fail", count=20)
    response = alice.call("DELETE", f"/todos/{todo_id}")
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (503, "unavailable")
    assert len(alice.titles()) == 1


def test_a_record_that_can_never_be_handled_is_put_aside_and_the_others_go_through(stage, alice):
    table, name = stage.client("dynamodb"), alice.config["table"]
    todo_id = alice.add_with_file()
    poison = f"todo#{secrets.token_hex(4)}"
    # The filter lets only keys of to-dos through.
    for sort_key in ("change#000000000001", "applied#todo#x", "idempotency#todo#x", "TODO#x", "todos#x", poison):
        key = {"owner": {"S": alice.sub}, "key": {"S": sort_key}}
        table.put_item(TableName=name, Item=key)
        table.delete_item(TableName=name, Key=key)
    alice.delete(todo_id)
    alice.wait_for_files()
    letters = dead_letters(stage, alice)
    assert [letter["keys"] for letter in letters] == [{"owner": {"S": alice.sub}, "key": {"S": poison}}]
    assert "is not a to-do's id" in letters[0]["reason"]


def test_the_deletion_of_an_account_leaves_no_record_that_fails(stage, alice, bob):
    alice.delete(alice.add_with_file())
    alice.add_with_file()
    todo_id = bob.add_with_file()
    before = bob.files
    assert alice.call("DELETE", "/account").status_code == 202
    s3, bucket, prefix = stage.client("s3"), alice.config["bucket"], alice.folder
    wait_until(lambda: "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=prefix), "the folder is empty")
    bob.delete(todo_id)
    bob.wait_for_files(*before - {f"todos/{todo_id}/a.txt"})
    assert dead_letters(stage, alice) == []


def dead_letters(stage, user):
    """Receive the records of a user that could not be handled."""
    sqs, queue = stage.client("sqs"), stage.outputs(APP)["StreamDeadLettersUrl"]
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in received:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    letters = [json.loads(message["Body"]) for message in received]
    return [letter for letter in letters if letter["keys"]["owner"]["S"] == user.sub]
