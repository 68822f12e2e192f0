"""What is saved, when, and what a restart restores."""

import hashlib
import itertools
import json
import shutil
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_aws.state.snapshots import DamagedState, Snapshots
from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests import dax_clusters
from local_aws.tests.functions_for_tests import make_function, packed
from local_aws.tests.mqtt_devices import Device
from local_aws.tests.topic_rules import ENVELOPE, Rules

SLEEPER = "import os, time\ndef handler(event, context):\n    print(os.getpid(), flush=True)\n    time.sleep(900)\n"
ECHO = "def handler(event, context):\n    return event\n"


def started(state: Path) -> EmbeddedAws:
    return EmbeddedAws(state, arguments=("--save-seconds", "0.3")).start()


@pytest.fixture
def server(tmp_path):
    server = started(tmp_path / "state")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A server for the tests that leave it running with a valid state, and use names that no other test uses."""
    server = started(tmp_path_factory.mktemp("shared"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def stopped_state(tmp_path_factory):
    """The state that a server with one table, one bucket and one function has left."""
    server = started(tmp_path_factory.mktemp("stopped"))
    make_table(server)
    server.client("s3").create_bucket(Bucket="kept")
    make_function(server, "echo", ECHO)
    server.stop()
    return server.state_dir


@pytest.fixture
def stopped(stopped_state, tmp_path):
    """A server that has not been started on a copy of `stopped_state`."""
    return EmbeddedAws(shutil.copytree(stopped_state, tmp_path / "state", symlinks=True))


def put(server, key: str, table: str = "kept") -> None:
    server.client("dynamodb").put_item(TableName=table, Item={"id": {"S": key}})


def has(server, key: str, table: str = "kept") -> bool:
    return "Item" in server.client("dynamodb").get_item(TableName=table, Key={"id": {"S": key}})


def make_table(server, name: str = "kept") -> None:
    server.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def processes_under(folder: Path) -> list[str]:
    """Processes whose working directory or command is below `folder`: functions' workers."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in (process / "cmdline").read_text() + str((process / "cwd").readlink()):
                found.append(process.name)
        except OSError:
            continue
    return found


def test_a_clean_stop_keeps_everything(shared):
    make_table(shared, "stopped")
    put(shared, "one", "stopped")
    make_function(shared, "echo-stopped", ECHO)
    shared.restart()
    assert has(shared, "one", "stopped")
    response = shared.client("lambda").invoke(FunctionName="echo-stopped", Payload=b'{"a": 1}')
    assert json.load(response["Payload"]) == {"a": 1}


def test_a_saved_change_survives_kill_9(shared):
    make_table(shared, "killed")
    put(shared, "saved", "killed")
    make_function(shared, "echo-killed", ECHO)
    shared.wait_until_saved()
    shared.kill()
    shared.start()
    assert has(shared, "saved", "killed")
    assert json.load(shared.client("lambda").invoke(FunctionName="echo-killed", Payload=b"7")["Payload"]) == 7


def test_a_dax_cluster_answers_at_its_port_again_and_knows_its_attribute_lists(shared):
    cluster = dax_clusters.create(shared)
    client = cluster.client()
    item = {"pk": {"S": "one"}, "sk": {"S": "a"}, "text": {"S": "kept"}}
    client.put_item(TableName=cluster.table, Item=item)
    shared.restart()

    def answer():
        try:
            return client.put_item(TableName=cluster.table, Item={**item, "sk": {"S": "b"}})
        except OSError:
            # A connection of the time before the restart.
            return None
        except ClientError as error:
            if error.code != "ConnectionException":
                raise
            return None

    wait_until(answer, until=lambda answered: answered is not None)
    for name in "ab":
        read = client.get_item(TableName=cluster.table, Key={"pk": item["pk"], "sk": {"S": name}})
        assert read["Item"]["text"] == {"S": "kept"}
    cluster.close()


def test_an_old_version_runs_its_own_code_when_a_save_has_moved_it_to_a_file(shared):
    make_function(shared, "versions", "def handler(event, context):\n    return 'old'\n")
    functions = shared.client("lambda")
    old = functions.publish_version(FunctionName="versions")["Version"]
    functions.update_function_code(FunctionName="versions", ZipFile=packed(ECHO))
    shared.wait_until_saved()
    assert json.load(functions.invoke(FunctionName="versions", Qualifier=old)["Payload"]) == "old"
    shared.restart()
    functions = shared.client("lambda")
    assert json.load(functions.invoke(FunctionName="versions", Qualifier=old)["Payload"]) == "old"
    assert json.load(functions.invoke(FunctionName="versions", Payload=b"7")["Payload"]) == 7


def test_a_device_connects_again_after_a_clean_stop_and_its_messages_are_there(shared):
    device, rules = Device(shared), Rules(shared)
    rules.create(ENVELOPE, rules.kinesis())
    for expected in (1, 2):
        with device.connection() as connection:
            assert connection.next_event() == ("connected", 0)
            assert connection.publish(device.topic, b"{}") == "acknowledged"
        shared.restart()
        assert len(rules.records()) == expected


def test_what_devices_got_acknowledged_until_a_clean_stop_is_there(shared):
    device, rules = Device(shared), Rules(shared, shards=8)
    rules.create("SELECT number FROM 'devices/+/telemetry'", rules.kinesis(partitionKey="${newuuid()}"))
    acknowledged, numbers = [], itertools.count()

    def publish() -> None:
        connection.start_publish(device.topic, json.dumps({"number": next(numbers)}).encode())

    with device.connection() as connection, ThreadPoolExecutor(1) as executor:
        assert connection.next_event() == ("connected", 0)
        for _ in range(20):
            publish()
        while (event := connection.next_event())[0] == "acknowledged":
            acknowledged.append(event[1])
            publish()
            if len(acknowledged) == 500:
                stopping = executor.submit(shared.stop)
        stopping.result()
    shared.start()
    # MQTT's message ids begin with 1.
    expected = {message_id - 1 for message_id in acknowledged}
    assert expected <= {json.loads(record["Data"])["number"] for record in rules.records()}


def test_s3_objects_survive_kill_9(shared):
    s3 = shared.client("s3")
    s3.create_bucket(Bucket="with-objects")
    shared.wait_until_saved()
    s3.put_object(Bucket="with-objects", Key="a/b", Body=b"content", ContentType="text/x-kept", Metadata={"who": "me"})
    shared.kill()
    shared.start()
    found = shared.client("s3").get_object(Bucket="with-objects", Key="a/b")
    assert found["Body"].read() == b"content"


def test_a_bucket_that_was_never_saved_can_be_created_again(shared):
    s3 = shared.client("s3")
    s3.create_bucket(Bucket="saved")
    shared.wait_until_saved()
    shared.kill()
    lost = shared.state_dir / "s3" / "000000000000" / "lost"
    lost.mkdir()
    (lost / "key").write_bytes(b"content")
    shared.start()
    names = [bucket["Name"] for bucket in shared.client("s3").list_buckets()["Buckets"]]
    assert "saved" in names
    assert "lost" not in names
    assert not lost.exists()
    shared.client("s3").create_bucket(Bucket="lost")
    assert "Contents" not in shared.client("s3").list_objects_v2(Bucket="lost")


def test_a_bucket_that_was_deleted_with_its_stack_leaves_no_folder(shared):
    resources = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "of-a-stack"}}}
    cloudformation, folder = shared.client("cloudformation"), shared.state_dir / "s3" / "000000000000" / "of-a-stack"
    cloudformation.create_stack(StackName="with-bucket", TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="with-bucket", WaiterConfig={"Delay": 0.1})
    shared.client("s3").put_object(Bucket="of-a-stack", Key="key", Body=b"content")
    shared.client("s3").delete_object(Bucket="of-a-stack", Key="key")
    assert folder.exists()
    cloudformation.delete_stack(StackName="with-bucket")
    wait_until(lambda: not folder.exists(), "the folder's end")


@pytest.fixture
def obstacle(server):
    """A folder in place of the link that each save moves, so that saves fail, for root too."""
    make_table(server)
    server.wait_until_saved()
    folder = server.state_dir / "services" / "current.new"
    folder.mkdir()
    put(server, "unsaved")
    wait_until(lambda: server.server_log.read_text().count("the state was not saved") > 2, "saves fail")
    return folder


def test_failing_saves_are_reported_once_and_continue_when_they_succeed(server, obstacle):
    assert server.log_file.read_text().count("the state was not saved") == 1
    assert has(server, "unsaved")
    obstacle.rmdir()
    server.wait_until_saved()
    assert server.log_file.read_text().count("the state is saved again") == 1
    server.kill()
    assert has(server.start(), "unsaved")


def test_a_stop_without_a_save_is_reported_and_exits_with_status_1(server, obstacle):
    server.process.terminate()
    assert server.process.wait(30) == 1
    last_line = server.log_file.read_text().splitlines()[-1]
    assert "stopped without saving" in last_line
    assert "current.new" in last_line
    obstacle.rmdir()
    assert not has(server.start(), "unsaved")


def test_a_stop_that_saves_after_failures_exits_with_status_0(server, obstacle):
    obstacle.rmdir()
    server.process.terminate()
    assert server.process.wait(30) == 0
    assert has(server.start(), "unsaved")


def test_the_server_does_not_start_if_a_service_cannot_read_its_state(stopped):
    generation = stopped.state_dir / "services" / "current"
    content = b'{"__ministack_format__": 99, "payload": {}}'
    (generation / "dynamodb.json").write_bytes(content)
    manifest = json.loads((generation / "manifest.json").read_bytes())
    manifest["dynamodb.json"] = hashlib.sha256(content).hexdigest()
    (generation / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RuntimeError, match="dynamodb"):
        stopped.start()


def test_nothing_is_written_when_nothing_changed(server):
    make_table(server)
    server.wait_until_saved()
    current = (server.state_dir / "services" / "current").readlink()
    server.wait_until_saved()
    assert (server.state_dir / "services" / "current").readlink() == current


@pytest.mark.parametrize("damage", ["truncated", "missing", "changed"])
def test_the_server_does_not_start_with_a_damaged_file_and_says_so_in_one_line(stopped, damage):
    file = stopped.state_dir / "services" / "current" / "dynamodb.json"
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:-20])
    elif damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes().replace(b"kept", b"lost"))
    with pytest.raises(RuntimeError):
        stopped.start()
    said = stopped.log_file.read_text()
    assert said.count("\n") == 1
    assert "dynamodb.json" in said
    assert "make reset" in said


def test_no_worker_outlives_a_killed_server(server):
    make_function(server, "sleeper", SLEEPER)
    server.client("lambda").invoke(FunctionName="sleeper", InvocationType="Event")
    unpacked = server.state_dir / "functions"
    wait_until(lambda: processes_under(unpacked), "a worker")
    server.kill()
    wait_until(lambda: not processes_under(unpacked), "the worker's end")


def test_a_clean_stop_ends_workers_that_are_busy(server):
    make_function(server, "sleeper", SLEEPER)
    server.client("lambda").invoke(FunctionName="sleeper", InvocationType="Event")
    unpacked = server.state_dir / "functions"
    wait_until(lambda: processes_under(unpacked), "a worker")
    server.stop()
    assert not processes_under(unpacked)


def test_a_failed_save_keeps_the_previous_generation(tmp_path):
    snapshots = Snapshots(tmp_path)
    snapshots.save([("a.json", b"1"), ("b.json", b"1")])

    def failing():
        yield "a.json", b"2"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        snapshots.save(failing())
    assert (snapshots.verify_current() / "a.json").read_bytes() == b"1"
    assert snapshots.save([("a.json", b"3"), ("b.json", None)])
    assert (snapshots.verify_current() / "a.json").read_bytes() == b"3"
    assert (snapshots.verify_current() / "b.json").read_bytes() == b"1"
    # The link, the current generation and the one before it.
    assert len(list(tmp_path.iterdir())) == 3


def test_a_state_without_its_pointer_is_damaged(tmp_path):
    snapshots = Snapshots(tmp_path)
    snapshots.save([("a.json", b"1")])
    (tmp_path / "current").unlink()
    with pytest.raises(DamagedState):
        snapshots.verify_current()


def test_the_states_size_does_not_grow_with_the_number_of_saves(tmp_path):
    snapshots = Snapshots(tmp_path)
    for count in range(5):
        snapshots.save([("a.json", str(count).encode())])
    files = subprocess.run(["find", str(tmp_path), "-type", "f"], capture_output=True, text=True).stdout
    assert files.count("\n") == 4


def test_the_save_before_the_last_one_is_offered_and_restored_if_the_last_one_is_damaged(tmp_path):
    snapshots = Snapshots(tmp_path)
    snapshots.save([("a.json", b"1")])
    snapshots.save([("a.json", b"2")])
    (tmp_path / "current" / "a.json").write_bytes(b"")
    with pytest.raises(DamagedState, match=r"a\.json is not what was saved.*state restore"):
        snapshots.verify_current()
    snapshots.restore_previous()
    assert (snapshots.verify_current() / "a.json").read_bytes() == b"1"
    snapshots.save([("a.json", b"3")])
    assert (snapshots.verify_current() / "a.json").read_bytes() == b"3"


def test_no_save_is_offered_that_is_damaged_too(tmp_path):
    snapshots = Snapshots(tmp_path)
    snapshots.save([("a.json", b"1"), ("b.json", b"1")])
    snapshots.save([("a.json", b"1"), ("b.json", b"2")])
    (tmp_path / "current" / "a.json").write_bytes(b"")
    with pytest.raises(DamagedState, match=r"damaged.*: `make reset` starts over$"):
        snapshots.verify_current()


@pytest.mark.parametrize("part", ["s3", "services"])
def test_a_start_names_the_part_of_the_state_that_is_gone(stopped, part):
    shutil.rmtree(stopped.state_dir / part)
    with pytest.raises(RuntimeError):
        stopped.start()
    message = stopped.log_file.read_text()
    assert message.count("\n") == 1
    assert part in message
    assert "is missing" in message


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_lost_code_comes_back_with_the_next_deployment_of_it(server, damage):
    make_function(server, "echo", ECHO)
    functions = server.client("lambda")
    functions.publish_version(FunctionName="echo")
    package = functions.get_function_configuration(FunctionName="echo")["CodeSha256"]
    server.stop()
    (blob,) = (server.state_dir / "services" / "lambda-blobs").iterdir()
    content = blob.read_bytes()
    blob.unlink()
    if damage == "changed":
        blob.write_bytes(content[:-1])
    # The loss is part of the state that the next start loads.
    server.start().restart()
    functions = server.client("lambda")
    assert "the code of echo is gone from the saved state" in server.log_file.read_text()
    assert functions.get_function_configuration(FunctionName="echo")["CodeSha256"] == ""
    failed = functions.invoke(FunctionName="echo", Payload=b"7")
    assert failed["FunctionError"]
    assert json.load(failed["Payload"])["errorType"] == "Runtime.CodeLost"
    functions.update_function_code(FunctionName="echo", ZipFile=content)
    assert functions.get_function_configuration(FunctionName="echo")["CodeSha256"] == package
    for qualifier in ("$LATEST", "1"):
        assert json.load(functions.invoke(FunctionName="echo", Qualifier=qualifier, Payload=b"7")["Payload"]) == 7
    server.restart()
    assert json.load(server.client("lambda").invoke(FunctionName="echo:1", Payload=b"7")["Payload"]) == 7


def state_command(state_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local_aws", "state", *arguments, "--state-dir", str(state_dir)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_state_is_exported_while_the_server_runs_and_imported_elsewhere(server, tmp_path):
    make_table(server)
    put(server, "one")
    s3 = server.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="a/b", Body=b"content")
    make_function(server, "echo", ECHO)
    server.wait_until_saved()
    file = tmp_path / "state.tgz"
    assert state_command(server.state_dir, "export", str(file), "--app", "todo_app").returncode == 0
    assert "exists" in state_command(server.state_dir, "export", str(file)).stderr
    assert "already" in state_command(server.state_dir, "import", str(file)).stderr
    elsewhere = EmbeddedAws(tmp_path / "elsewhere")
    imported = state_command(elsewhere.state_dir, "import", str(file))
    assert "todo_app" in imported.stdout, imported.stderr
    refused = state_command(elsewhere.state_dir, "import", str(file))
    assert "--replace" in refused.stderr
    elsewhere.start()
    assert has(elsewhere, "one")
    assert elsewhere.client("s3").get_object(Bucket="kept", Key="a/b")["Body"].read() == b"content"
    assert json.load(elsewhere.client("lambda").invoke(FunctionName="echo", Payload=b"7")["Payload"]) == 7
    elsewhere.stop()


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_file_is_refused_as_a_whole(tmp_path, damage):
    source, target, file = tmp_path / "source", tmp_path / "target", tmp_path / "state.tgz"
    for folder, content in ((source, b"new" * 1000), (target, b"old")):
        folder.mkdir()
        Snapshots(folder / "services").save([("a.json", content)])
    assert state_command(source, "export", str(file)).returncode == 0
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content[: len(content) // 2] if damage == "cut" else content)
    refused = state_command(target, "import", str(file), "--replace")
    assert refused.returncode == 1
    assert "nothing was changed" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert (Snapshots(target / "services").verify_current() / "a.json").read_bytes() == b"old"


def parts_of(server) -> dict[str, int]:
    """The files of the saved items by name, with their inodes."""
    generation = server.state_dir / "services" / "current"
    return {path.name: path.stat().st_ino for path in generation.glob("dynamodb.part-*")}


def write_items(server, count: int) -> None:
    for first in range(0, count, 25):
        requests = [{"PutRequest": {"Item": {"id": {"S": str(i)}}}} for i in range(first, first + 25)]
        server.client("dynamodb").batch_write_item(RequestItems={"kept": requests})


def test_a_save_writes_only_the_part_of_a_table_that_has_changed(server):
    make_table(server)
    write_items(server, 2000)
    server.wait_until_saved()
    before = parts_of(server)
    put(server, "one")
    server.client("dynamodb").delete_item(TableName="kept", Key={"id": {"S": "7"}})
    server.wait_until_saved()
    after = parts_of(server)
    assert len(after) == 8
    assert 1 <= len({name for name in after if after[name] != before[name]}) <= 2
    server.kill()
    server.start()
    assert has(server, "one")
    assert not has(server, "7")
    assert server.client("dynamodb").scan(TableName="kept", Select="COUNT")["Count"] == 2000


def state(server, method: str = "GET") -> dict:
    request = urllib.request.Request(f"{server.endpoint_url}/_quartet/state", method=method)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_a_save_on_demand_keeps_what_was_written_before_it(tmp_path):
    server = EmbeddedAws(tmp_path / "state", arguments=("--save-seconds", "3600")).start()
    make_table(server)
    put(server, "one")
    assert state(server)["unsaved_changes"]
    saved = state(server, "POST")
    assert saved["failure"] is None
    assert saved["age_seconds"] is not None
    server.kill()
    assert has(server.start(), "one")
    assert state(server)["age_seconds"] is not None
    server.stop()
