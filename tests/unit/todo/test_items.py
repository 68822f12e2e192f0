"""An item: /todos/{id}."""

import pytest

from tests.unit.todo.stage import Stage


def test_an_item_can_be_read_at_its_url(todo_app: Stage):
    todo = todo_app.add(order=523, tags=["a", "b", "a"], due="2026-12-24T18:00:00.5+01:00", notes="two\nlines")
    response = todo_app.call("GET", todo_app.path(todo))
    assert response.json == todo
    assert (todo["order"], todo["tags"], todo["due"]) == (523, ["a", "b"], "2026-12-24T17:00:00Z")


@pytest.mark.parametrize("order", [0, -1, 1.5, 3.0, 2**53, -0.0, 1e-99, None])
def test_an_order_is_read_as_it_was_returned(todo_app: Stage, order: float | None):
    todo = todo_app.add(order=order)
    assert todo["order"] == order
    assert todo_app.call("GET", todo_app.path(todo)).json == todo


def test_the_response_to_an_unchanged_item_is_304(todo_app: Stage):
    path = todo_app.path(todo_app.add())
    etag = todo_app.call("GET", path).headers["etag"]
    response = todo_app.call("GET", path, If_None_Match=f'"x", W/{etag}')
    assert (response.status, response.body, response.headers["etag"]) == (304, b"", etag)
    todo_app.call("PATCH", path, {"completed": True})
    assert todo_app.call("GET", path, If_None_Match=etag).status == 200


def test_a_change_sets_only_the_fields_that_are_sent(todo_app: Stage):
    todo = todo_app.add(order=1, notes="keep", due="2026-12-24")
    response = todo_app.call("PATCH", todo_app.path(todo), {"completed": True, "due": None})
    changed = response.json
    assert response.status == 200
    assert changed == {**todo, "completed": True, "due": None, "version": 2, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] >= todo["updatedAt"]


def test_a_client_can_send_back_a_todo_as_it_was_read(todo_app: Stage):
    todo = todo_app.add(tags=["a"], due="2026-12-24")
    response = todo_app.call("PATCH", todo_app.path(todo), todo)
    assert (response.status, response.json) == (200, todo)
    response = todo_app.call("PATCH", todo_app.path(todo), {**todo, "title": "other"})
    assert (response.status, response.json["title"]) == (200, "other")


@pytest.mark.parametrize("due", ["1000-01-01T00:00:00+00:01", "2999-12-31T23:59:59-00:01"])
def test_a_due_date_that_could_not_be_sent_back_is_refused(todo_app: Stage, due: str):
    response = todo_app.call("POST", "/todos", {"title": "x", "due": due})
    assert (response.status, response.field) == (422, "due")


def test_an_id_may_be_percent_encoded(todo_app: Stage):
    todo = todo_app.add()
    todo_id = todo["url"].rpartition("/")[2]
    path = "/todos/" + "".join(f"%{ord(digit):02x}" for digit in todo_id)
    assert todo_app.call("GET", path).json == todo
    assert todo_app.call("PATCH", path, todo).status == 200
    assert todo_app.call("DELETE", path).status == 204


@pytest.mark.parametrize(
    ("field", "value"), [("url", "http://elsewhere"), ("createdAt", "2020-01-01"), ("updatedAt", ""), ("version", 7)]
)
def test_read_only_fields_cannot_be_changed(todo_app: Stage, field: str, value: object):
    response = todo_app.call("PATCH", todo_app.path(todo_app.add()), {field: value})
    assert (response.status, response.field) == (422, field)


def test_a_change_on_an_old_version_is_refused(todo_app: Stage):
    path = todo_app.path(todo_app.add())
    etag = todo_app.call("GET", path).headers["etag"]
    assert todo_app.call("PATCH", path, {"title": "first"}, If_Match=etag).status == 200
    assert todo_app.call("PATCH", path, {"title": "second"}, If_Match=etag).status == 412
    assert todo_app.call("DELETE", path, If_Match=etag).status == 412
    assert todo_app.call("DELETE", path, If_Match=f"W/{etag}").status == 412
    assert todo_app.call("GET", path).json["title"] == "first"
    assert todo_app.call("PATCH", path, {"title": "third"}, If_Match="*").status == 200


def test_a_deleted_item_is_gone(todo_app: Stage):
    path = todo_app.path(todo_app.add())
    assert todo_app.call("DELETE", path).status == 204
    assert [todo_app.call(method, path, body).status for method, body in OPERATIONS] == [404, 404, 404]


OPERATIONS = [("GET", None), ("PATCH", {"completed": True}), ("DELETE", None)]


@pytest.mark.parametrize(("method", "body"), OPERATIONS)
def test_another_users_item_looks_like_a_missing_one(todo_app: Stage, method: str, body: object):
    todo = todo_app.add(user="alice")
    others = todo_app.call(method, todo_app.path(todo), body, user="bob")
    missing = todo_app.call(method, "/todos/" + "0" * 28, body, user="bob")
    assert (others.status, missing.status) == (404, 404)
    assert {**others.json, "requestId": ""} == {**missing.json, "requestId": ""}
    assert todo_app.call("GET", todo_app.path(todo)).json == todo
