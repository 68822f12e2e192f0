"""The collection: /todos."""

import pytest
from chalicelib.todo.todos.ports import MAX_DELETED_AT_ONCE

from tests.unit.todo.stage import PUBLIC_URL, Stage


def test_a_new_users_list_is_an_empty_array(todo_app: Stage):
    response = todo_app.call("GET", "/todos")
    assert (response.status, response.json) == (200, [])


def test_a_title_is_enough_to_add_a_todo(todo_app: Stage):
    response = todo_app.call("POST", "/todos", {"title": "walk the dog"})
    todo = response.json
    assert response.status == 201
    assert response.headers["location"] == todo["url"]
    assert todo["url"].startswith(f"{PUBLIC_URL}/api/todos/")
    assert todo["title"] == "walk the dog"
    assert todo["completed"] is False
    assert set(todo) == {
        *("url", "title", "completed", "order", "notes", "due", "tags", "createdAt", "updatedAt", "version")
    }


def test_the_list_has_the_todos_in_the_order_of_their_creation(todo_app: Stage):
    added = [todo_app.add(title) for title in ("one", "two", "three")]
    assert todo_app.call("GET", "/todos").json == added


def test_users_do_not_see_each_others_todos(todo_app: Stage):
    todo_app.add(user="alice")
    assert todo_app.call("GET", "/todos", user="bob").json == []


def test_config_needs_no_token(todo_app: Stage):
    response = todo_app.call("GET", "/config", user=None)
    assert response.status == 200
    assert response.json["userPoolId"] == todo_app.pool_id
    assert response.json["endpoints"]["s3"] == "https://s3.us-east-1.amazonaws.com"


def test_a_list_without_a_token_is_refused(todo_app: Stage):
    response = todo_app.call("GET", "/todos", user=None)
    assert response.status == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"


def test_an_unchanged_list_costs_one_small_read(todo_app: Stage):
    todo_app.add()
    etag = todo_app.call("GET", "/todos").headers["etag"]
    with todo_app.aws_calls() as calls:
        response = todo_app.call("GET", "/todos", If_None_Match=etag)
    assert (response.status, response.body) == (304, b"")
    assert calls == ["GetItem"]


def test_a_changed_list_has_a_new_etag(todo_app: Stage):
    path = todo_app.path(todo_app.add())
    seen = [todo_app.call("GET", "/todos").headers["etag"]]
    for change in (("POST", "/todos", {"title": "x"}), ("PATCH", path, {"completed": True}), ("DELETE", path)):
        todo_app.call(*change)
        response = todo_app.call("GET", "/todos", If_None_Match=seen[-1])
        assert response.status == 200
        seen.append(response.headers["etag"])
    assert len(set(seen)) == len(seen)


def test_two_users_lists_of_equal_versions_have_different_etags(todo_app: Stage):
    todo_app.add(user="alice")
    todo_app.add(user="bob")
    assert todo_app.call("GET", "/todos", user="bob", If_None_Match=todo_app.call("GET", "/todos").headers["etag"]).json


def test_a_list_has_at_most_100_items_without_limit(todo_app: Stage):
    for number in range(101):
        todo_app.add(str(number))
    first = todo_app.call("GET", "/todos")
    assert len(first.json) == 100
    assert [todo["title"] for todo in todo_app.call("GET", first.next).json] == ["100"]
    assert len(todo_app.call("GET", "/todos?limit=1000").json) == 101


def test_pages_are_the_whole_list_in_order(todo_app: Stage):
    added = [todo_app.add(str(number)) for number in range(6)]
    pages, path = [], "/todos?limit=2"
    while path:
        response = todo_app.call("GET", path)
        pages.append(response.json)
        path = response.next
    assert pages == [added[0:2], added[2:4], added[4:6]]


def test_a_link_keeps_every_parameter(todo_app: Stage):
    added = [todo_app.add(str(number), due="2026-01-01", tags=["a b&c"], completed=True) for number in range(3)]
    todo_app.add("of another time", due="2027-01-01")
    first = todo_app.call("GET", "/todos?limit=2&dueBefore=2026-06-01&tag=a%20b%26c&completed=true")
    assert first.json == added[:2]
    assert todo_app.call("GET", first.next).json == added[2:]


def test_a_list_costs_one_query_per_page(todo_app: Stage):
    todo_app.add()
    with todo_app.aws_calls() as calls:
        todo_app.call("GET", "/todos?completed=false&tag=a&dueBefore=2026-01-01")
    assert calls == ["GetItem", "Query"]


def test_a_list_has_the_todos_that_match_all_filters(todo_app: Stage):
    todo_app.add("done", completed=True, tags=["a"])
    todo_app.add("early", due="2026-01-01", tags=["a", "b"])
    todo_app.add("late", due="2026-01-02T12:00:00Z", tags=["b"])

    def titles(query: str) -> list[str]:
        return [todo["title"] for todo in todo_app.call("GET", f"/todos?{query}").json]

    assert titles("completed=true") == ["done"]
    assert titles("completed=false") == ["early", "late"]
    assert titles("tag=b") == ["early", "late"]
    assert titles("dueBefore=2026-01-02T12:00:00Z") == ["early"]
    assert titles("dueBefore=2026-01-02T13:00:01%2B01:00") == ["early", "late"]
    assert titles("tag=a&dueBefore=2026-01-02") == ["early"]


def test_a_day_is_not_due_before_its_first_moment(todo_app: Stage):
    todo_app.add("a day", due="2026-01-02")
    todo_app.add("a moment", due="2026-01-02T00:00:00Z")
    for moment in ("2026-01-02", "2026-01-02T00:00:00Z", "2026-01-02T01:00:00%2B01:00"):
        assert todo_app.call("GET", f"/todos?dueBefore={moment}").json == []
    assert len(todo_app.call("GET", "/todos?dueBefore=2026-01-02T00:00:01Z").json) == 2


def test_filtered_pages_have_every_match(todo_app: Stage):
    for number in range(9):
        todo_app.add(str(number), completed=number % 2 == 0)
    found, path = [], "/todos?completed=true&limit=2"
    while path:
        response = todo_app.call("GET", path)
        assert len(response.json) <= 2
        found += [todo["title"] for todo in response.json]
        path = response.next
    assert found == ["0", "2", "4", "6", "8"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "completed=1", "dueBefore=soon", "tag="])
def test_a_wrong_parameter_is_named(todo_app: Stage, query: str):
    response = todo_app.call("GET", f"/todos?{query}")
    assert (response.status, response.field) == (400, query.split("=", maxsplit=1)[0])


@pytest.mark.parametrize("query", ["limit=1&limit=2", "colour=red", "limit=1&dueBefore=2026-02-30"])
def test_a_duplicate_unknown_or_invalid_parameter_is_refused(todo_app: Stage, query: str):
    assert todo_app.call("GET", f"/todos?{query}").status == 400


def test_a_cursor_is_valid_for_its_owner_and_filters_only(todo_app: Stage):
    for user in ("alice", "bob"):
        for _ in range(2):
            todo_app.add(user=user)
    path = todo_app.call("GET", "/todos?limit=1").next
    assert path is not None
    assert todo_app.call("GET", path).status == 200
    for response in (
        todo_app.call("GET", path, user="bob"),
        todo_app.call("GET", f"{path}&completed=false"),
        todo_app.call("GET", path[:-1]),
        todo_app.call("GET", f"{path}A"),
    ):
        assert (response.status, response.field) == (400, "cursor")


def test_deleting_the_collection_deletes_more_than_one_transaction_can(todo_app: Stage):
    for number in range(MAX_DELETED_AT_ONCE + 1):
        todo_app.add(str(number))
    todo_app.add(user="bob")
    assert todo_app.call("DELETE", "/todos").status == 204
    assert todo_app.call("GET", "/todos").json == []
    assert len(todo_app.call("GET", "/todos", user="bob").json) == 1
    assert todo_app.call("DELETE", "/todos").status == 204


def test_the_same_key_and_body_create_one_todo(todo_app: Stage):
    first = todo_app.call("POST", "/todos", {"title": "x"}, Idempotency_Key="k")
    again = todo_app.call("POST", "/todos", b'{ "title" : "x", "completed": false }', Idempotency_Key="k")
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert again.headers["etag"] == first.headers["etag"]
    assert len(todo_app.call("GET", "/todos").json) == 1


def test_the_first_response_is_repeated_even_if_the_todo_has_changed(todo_app: Stage):
    first = todo_app.call("POST", "/todos", {"title": "x"}, Idempotency_Key="k").json
    todo_app.call("PATCH", todo_app.path(first), {"title": "y"})
    assert todo_app.call("POST", "/todos", {"title": "x"}, Idempotency_Key="k").json == first


def test_a_key_cannot_be_used_for_another_body(todo_app: Stage):
    todo_app.call("POST", "/todos", {"title": "x"}, Idempotency_Key="k")
    assert todo_app.call("POST", "/todos", {"title": "y"}, Idempotency_Key="k").status == 422
    assert todo_app.call("POST", "/todos", {"title": "y"}, user="bob", Idempotency_Key="k").status == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_an_invalid_idempotency_key_is_refused(todo_app: Stage, key: str):
    response = todo_app.call("POST", "/todos", {"title": "x"}, Idempotency_Key=key)
    assert (response.status, response.field) == (400, "Idempotency-Key")
