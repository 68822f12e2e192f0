"""What devices read and send to keep a copy of the list."""

import json
import os
from typing import Any

import pytest
from chalicelib.todo.sync.model import AppliedKey, Changes, Deletion
from chalicelib.todo.sync.sync import MAX_CHANGES_READ, Sync
from chalicelib.todo.todos.model import NewTodo, new_todo
from chalicelib.todo.todos.ports import KnownVersion
from chalicelib.todo.todos.transactions import Transactions

from common.aws.backoff import ATTEMPTS
from common.values import new_id
from tests.unit.aws import aws_client
from tests.unit.todo.memory_store import MemoryStore
from tests.unit.todo.stage import Stage
from tests.unit.todo.test_todo_rules import NOW


def changes(todo_app: Stage, since: int | None = None, **parameters: int) -> Any:
    query = {**({} if since is None else {"since": since}), **parameters}
    response = todo_app.call("GET", "/changes?" + "&".join(f"{name}={value}" for name, value in query.items()))
    assert response.status == 200, response.body
    return response.json


def send(todo_app: Stage, *sent: dict[str, Any]) -> Any:
    response = todo_app.call("POST", "/changes", {"changes": sent})
    assert response.status == 200, response.body
    return response.json


def statuses(answer: Any) -> list[int]:
    return [result["status"] for result in answer["results"]]


def create(key: str = "a", todo_id: str = "", **todo: Any) -> dict[str, Any]:
    return {"op": "create", "key": key, "id": todo_id or new_id(NOW), "todo": {"title": "buy milk", **todo}}


def change(todo_id: str, key: str = "b", if_version: int | None = None, **todo: Any) -> dict[str, Any]:
    condition = {} if if_version is None else {"ifVersion": if_version}
    return {"op": "change", "key": key, "id": todo_id, "todo": todo, **condition}


def delete(todo_id: str, key: str = "c", **more: Any) -> dict[str, Any]:
    return {"op": "delete", "key": key, "id": todo_id, **more}


def titles(answer: Any) -> set[str]:
    return {item["todo"]["title"] for item in answer["written"]}


def test_a_device_reads_what_changed_since_its_version(todo_app: Stage):
    first, second = todo_app.add("one"), todo_app.add("two")
    version = changes(todo_app)["version"]
    assert changes(todo_app, version) == {"version": version, "written": [], "deleted": [], "more": False}
    todo_app.call("PATCH", todo_app.path(first), {"completed": True})
    todo_app.call("DELETE", todo_app.path(second))
    todo_app.add("three")
    answer = changes(todo_app, version)
    assert (answer["version"], titles(answer), answer["more"]) == (version + 3, {"one", "three"}, False)
    assert answer["deleted"] == [todo_app.path(second).rpartition("/")[2]]
    assert {item["id"] for item in answer["written"]} == {
        item["todo"]["url"].rpartition("/")[2] for item in answer["written"]
    }


def test_the_deletion_of_all_is_one_change_for_each_transaction(todo_app: Stage):
    for number in range(3):
        todo_app.add(f"number {number}")
    version = changes(todo_app)["version"]
    todo_app.call("DELETE", "/todos")
    answer = changes(todo_app, version)
    assert (answer["version"], answer["written"], len(answer["deleted"])) == (version + 1, [], 3)


def test_many_changes_come_in_parts(todo_app: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chalicelib.todo.sync.sync.MAX_CHANGES_READ", 2)
    for number in range(5):
        todo_app.add(f"number {number}")
    seen: set[str] = set()
    since, more = 0, True
    while more:
        answer = changes(todo_app, since)
        since, more = answer["version"], answer["more"]
        seen |= titles(answer)
    assert (since, len(seen)) == (5, 5)


def test_an_unchanged_list_costs_one_read(todo_app: Stage):
    todo_app.add()
    version = changes(todo_app)["version"]
    with todo_app.aws_calls() as calls:
        changes(todo_app, version)
    assert calls == ["GetItem"]


@pytest.mark.parametrize("expired", [1, 2])
def test_a_device_starts_over_when_a_change_since_its_version_has_expired(todo_app: Stage, expired: int):
    for number in range(3):
        todo_app.add(f"number {number}")
    key = {"owner": {"S": "alice"}, "key": {"S": f"change#{expired:012d}"}}
    aws_client("dynamodb").delete_item(TableName=os.environ["TABLE_NAME"], Key=key)
    response = todo_app.call("GET", "/changes?since=0")
    assert (response.status, response.json["type"].rpartition(":")[2]) == (410, "changes-expired")
    assert titles(changes(todo_app, 2)) == {"number 2"}


@pytest.mark.parametrize("query", ["since=7", "since=1&atLeast=7", "atLeast=7"])
def test_a_version_that_the_list_never_had_is_not_known(todo_app: Stage, query: str):
    todo_app.add()
    assert todo_app.call("GET", f"/changes?{query}").status == 410


@pytest.mark.parametrize("query", ["since=-1", "since=x", "since=1&since=2", "since=1e3", "since=", "until=1"])
def test_a_version_that_cannot_be_one_is_refused(todo_app: Stage, query: str):
    assert todo_app.call("GET", f"/changes?{query}").status == 400


def test_a_device_sends_what_it_changed(todo_app: Stage):
    todo_id, other = new_id(NOW), new_id(NOW)
    answer = send(
        todo_app,
        create("1", todo_id),
        create("2", other, title="call home"),
        change(todo_id, "3", completed=True),
        delete(other, "4"),
    )
    assert statuses(answer) == [201, 201, 200, 204]
    assert answer["version"] == 4
    assert [result["key"] for result in answer["results"]] == ["1", "2", "3", "4"]
    listed = todo_app.call("GET", "/todos").json
    assert [(todo["title"], todo["completed"], todo["version"]) for todo in listed] == [("buy milk", True, 2)]


def test_changes_that_are_sent_again_are_applied_once(todo_app: Stage):
    todo_id = new_id(NOW)
    sent = [create("1", todo_id), change(todo_id, "2", completed=True), delete(todo_id, "3")]
    first = send(todo_app, *sent)
    assert send(todo_app, *sent) == first
    assert todo_app.call("GET", "/todos").json == []


def test_a_change_that_is_sent_again_does_not_undo_a_later_one(todo_app: Stage):
    todo_id = new_id(NOW)
    send(todo_app, create("1", todo_id))
    # The first changes something, the second does not.
    for key in ("2", "3"):
        sent = change(todo_id, key, completed=True)
        send(todo_app, sent)
        send(todo_app, change(todo_id, f"later-{key}", completed=False))
        assert statuses(send(todo_app, sent)) == [200]
        assert todo_app.call("GET", f"/todos/{todo_id}").json["completed"] is False
        send(todo_app, change(todo_id, f"again-{key}", completed=True))


def test_a_change_with_what_was_read_is_applied_once_as_well(todo_app: Stage):
    todo_id = new_id(NOW)
    send(todo_app, create("1", todo_id))
    read = todo_app.call("GET", f"/todos/{todo_id}").json
    sent = change(todo_id, "2", completed=True, version=read["version"], updatedAt=read["updatedAt"])
    assert [statuses(send(todo_app, sent)) for _ in range(2)] == [[200], [200]]


def test_after_a_change_that_has_to_wait_all_later_ones_wait(todo_app: Stage, monkeypatch: pytest.MonkeyPatch):
    lost_races = iter([True] * ATTEMPTS)
    attempt = Transactions.attempt
    monkeypatch.setattr(Transactions, "attempt", lambda *sent: None if next(lost_races, False) else attempt(*sent))
    monkeypatch.setattr(todo_app.module.todo_app.sync, "_sleep", lambda _: None)
    todo_id = new_id(NOW)
    sent = [create("1", todo_id), change(todo_id, "2", completed=True), create("3")]
    assert statuses(send(todo_app, *sent)) == [503, 503, 503]
    assert statuses(send(todo_app, *sent)) == [201, 200, 201]


def test_a_key_is_remembered_until_it_expires_and_not_longer(todo_app: Stage):
    send(todo_app, create("1"))
    aws_client("dynamodb").update_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"owner": {"S": "alice"}, "key": {"S": "applied#1"}},
        UpdateExpression="SET expiresAt = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
    assert statuses(send(todo_app, create("1"))) == [201]


def test_the_longest_answer_fits_into_a_functions_response(todo_app: Stage):
    tags = [f"{number:02}" + "😀" * 48 for number in range(20)]
    send(todo_app, create("1", title="😀" * 500, notes="😀" * 10_000, tags=tags))
    (item,) = changes(todo_app, 0)["written"]
    # The body is a text in the function's JSON, in which Python 3.11 writes each of these as two escapes.
    body = json.dumps(item, ensure_ascii=False)
    assert len(json.dumps(body)) * MAX_CHANGES_READ < 6 * 1024 * 1024


def test_a_key_of_another_change_is_refused(todo_app: Stage):
    todo_id = new_id(NOW)
    answer = send(todo_app, create("1", todo_id), change(todo_id, "1", completed=True), delete(new_id(NOW), "1"))
    assert statuses(answer) == [201, 422, 422]
    assert answer["results"][1]["problem"]["type"].endswith("idempotency-key-reused")


def test_each_change_that_cannot_be_applied_has_its_reason(todo_app: Stage):
    todo_id = new_id(NOW)
    answer = send(
        todo_app,
        create("1", todo_id),
        create("2", todo_id, title="the same id"),
        change(new_id(NOW), "3", completed=True),
        delete(new_id(NOW), "4"),
        change(todo_id, "5", if_version=9, completed=True),
        delete(todo_id, "6", ifVersion=9),
        change(todo_id, "7", order=1e-300),
        change(todo_id, "8", title="the last one"),
    )
    assert statuses(answer) == [201, 409, 404, 404, 412, 412, 422, 200]
    assert answer["version"] == 2
    assert all(result["problem"]["status"] == result["status"] for result in answer["results"][1:-1])


def test_changes_of_another_user_are_neither_seen_nor_touched(todo_app: Stage):
    path = todo_app.path(todo_app.add("mine"))
    answer = todo_app.call("POST", "/changes", {"changes": [delete(path.rpartition("/")[2])]}, user="bob")
    assert statuses(answer.json) == [404]
    assert todo_app.call("GET", "/changes?since=0", user="bob").json["written"] == []
    assert todo_app.call("GET", path).status == 200


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ([], "changes"),
        ([create()] * 51, "changes"),
        ([{"op": "drop", "key": "1", "id": "x"}], "op"),
        ([create(title="")], "title"),
        ([{**create(), "id": "../escape"}], "id"),
        ([{**create(), "key": "two words"}], "key"),
        ([{**delete("0" * 28), "extra": 1}], "extra"),
        ([delete("0" * 28, ifVersion=0)], "ifVersion"),
    ],
)
def test_a_body_that_the_contract_does_not_allow_is_refused_as_a_whole(
    todo_app: Stage, sent: list[dict[str, Any]], field: str
):
    response = todo_app.call("POST", "/changes", {"changes": [create("first"), *sent] if len(sent) == 1 else sent})
    assert response.status == 422
    assert field in str(response.json["errors"])
    assert todo_app.call("GET", "/todos").json == []


def test_changes_without_time_left_can_be_sent_again(todo_app: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chalicelib.todo.sync.routes.deadline", lambda *_, **__: lambda: True)
    assert statuses(send(todo_app, create("1"), create("2"))) == [503, 503]


def test_a_condition_from_before_a_deletion_fails_for_a_todo_that_has_the_same_id(todo_app: Stage):
    todo_id = new_id(NOW)
    path = f"/todos/{todo_id}"
    send(todo_app, create("1", todo_id), change(todo_id, "2", completed=True))
    before = todo_app.call("GET", path)
    send(todo_app, delete(todo_id, "3"), create("4", todo_id, title="another"))
    for number in range(before.json["version"] + 1):
        # Among its next versions, too, is none that the deleted to-do had.
        answer = send(todo_app, change(todo_id, f"stale-{number}", before.json["version"], title="lost"))
        assert statuses(answer) == [412]
        assert todo_app.call("PATCH", path, {"title": "lost"}, If_Match=before.headers["etag"]).status == 412
        assert todo_app.call("DELETE", path, If_Match=before.headers["etag"]).status == 412
        send(todo_app, change(todo_id, f"next-{number}", title=f"another {number}"))


def test_the_lists_version_is_read_once_in_a_request_of_many_changes(todo_app: Stage):
    with todo_app.aws_calls() as calls:
        answer = send(todo_app, create("1"), create("2"), create("3"))
    assert (answer["version"], calls) == (3, ["GetItem", *["TransactWriteItems"] * 3])
    first = todo_app.call("GET", "/todos").json[0]
    todo_app.call("DELETE", todo_app.path(todo_app.add()))
    with todo_app.aws_calls() as calls:
        send(todo_app, delete(todo_app.path(first).rpartition("/")[2], "4"))
    # The version with the folder's name, the to-do, and the change.
    assert calls == ["GetItem", "GetItem", "TransactWriteItems"]


def test_the_version_of_a_response_contains_what_an_earlier_request_or_another_device_has_made(todo_app: Stage):
    todo_id = new_id(NOW)
    send(todo_app, create("1", todo_id))
    todo_app.add()
    again = send(todo_app, create("1", todo_id))
    assert (statuses(again), again["version"]) == ([201], 2)
    same = send(todo_app, create("2"), change(todo_id, "3", title="buy milk"))
    assert (statuses(same), same["version"]) == ([201, 200], 3)


def test_changes_are_made_though_the_version_is_no_longer_the_known_one(todo_app: Stage):
    todo_ids = [todo_app.path(todo_app.add()).rpartition("/")[2] for _ in range(3)]
    app = todo_app.module.todo_app
    app.todos.delete("alice", todo_ids[0], version=KnownVersion(1))
    deletion = Deletion(key="1", id=todo_ids[1])
    applied = app.sync.apply("alice", [deletion], lambda: False, KnownVersion(2))
    assert (applied.version, [outcome.error for outcome in applied.outcomes]) == (5, [None])
    app.todos.delete_all("alice", lambda: False, KnownVersion(3))
    assert todo_app.call("GET", "/todos").json == []


def test_a_deleted_account_takes_no_changes(todo_app: Stage):
    todo_app.sign_up("alice")
    assert todo_app.call("DELETE", "/account").status == 202
    assert todo_app.call("GET", "/changes").status == 410
    assert todo_app.call("POST", "/changes", {"changes": [create()]}).status == 410


def behind(versions: int) -> tuple[Sync, MemoryStore]:
    """A list of three changes behind a cache that has not seen the last ones."""
    store = MemoryStore()
    for number in range(3):
        todo = new_todo(NewTodo(title=f"number {number}"), NOW)
        store.create("alice", todo, AppliedKey(str(number), "", 0), KnownVersion())
    store.behind = versions
    return Sync(store, lambda: NOW, lambda _: None), store


def test_an_older_version_from_a_cache_is_as_good_for_a_device_that_knows_no_newer_one():
    sync, _ = behind(1)
    assert sync.changes("alice", 2) == Changes(2, [], [], more=False)
    assert sync.changes("alice", 0).version == 2


@pytest.mark.parametrize(("since", "at_least"), [(3, 0), (0, 3), (2, 3)])
def test_a_device_that_knows_a_newer_version_gets_that(since: int, at_least: int):
    sync, _ = behind(1)
    answer = sync.changes("alice", since, at_least)
    assert (answer.version, len(answer.written)) == (3, 3 - since)


def test_a_device_that_starts_over_gets_the_newest_version():
    sync, _ = behind(2)
    assert sync.changes("alice", None).version == 3


def test_changes_that_a_cache_does_not_have_come_from_the_table(monkeypatch: pytest.MonkeyPatch):
    sync, store = behind(0)
    monkeypatch.setattr(store, "recent_changes", lambda *_: store.changes("alice", 0, 1))
    assert len(sync.changes("alice", 0).written) == 3
