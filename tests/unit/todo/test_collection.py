"""The collection's promises: /todos."""

from tests.unit.todo.stage import PUBLIC_URL, Stage


def test_a_new_users_list_is_an_empty_array(todo_app: Stage):
    answer = todo_app.call("GET", "/todos")
    assert (answer.status, answer.json) == (200, [])


def test_a_title_is_enough_to_add_a_todo(todo_app: Stage):
    answer = todo_app.call("POST", "/todos", {"title": "walk the dog"})
    todo = answer.json
    assert answer.status == 201
    assert answer.headers["location"] == todo["url"]
    assert todo["url"].startswith(f"{PUBLIC_URL}/api/todos/")
    assert todo["title"] == "walk the dog"
    assert todo["completed"] is False
    assert set(todo) == {
        *("url", "title", "completed", "order", "notes", "due", "tags", "createdAt", "updatedAt", "version")
    }


def test_the_list_shows_what_was_added_in_that_order(todo_app: Stage):
    added = [todo_app.add(title) for title in ("one", "two", "three")]
    assert todo_app.call("GET", "/todos").json == added


def test_users_do_not_see_each_others_todos(todo_app: Stage):
    todo_app.add(user="alice")
    assert todo_app.call("GET", "/todos", user="bob").json == []


def test_config_needs_no_token(todo_app: Stage):
    answer = todo_app.call("GET", "/config", user=None)
    assert answer.status == 200
    assert answer.json["userPoolId"] == "us-east-1_Test"
    assert answer.json["endpoints"]["s3"] == "https://s3.us-east-1.amazonaws.com"


def test_a_list_without_a_token_is_refused(todo_app: Stage):
    answer = todo_app.call("GET", "/todos", user=None)
    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
