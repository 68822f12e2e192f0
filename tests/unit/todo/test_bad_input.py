"""Invalid input that only todo_app refuses; tests/unit/test_bad_input.py has what every app refuses."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bad_input import FIELDS
from tests.unit.stage import Response
from tests.unit.todo.stage import Stage


def operations(todo_app: Stage, **wanted: bool) -> list[tuple[str, str]]:
    """The declared routes that have a body, or not, and so on, with a path that would be valid."""
    item = todo_app.path(todo_app.add())
    found = [
        (operation.method, operation.path.replace("/todos/{todo_id}", item))
        for operation in todo_app.module.api.operations
        if all(bool(getattr(operation, name)) == value for name, value in wanted.items())
    ]
    assert found
    return found


def assert_problem(response: Response, *statuses: int) -> None:
    """Check a problem response: it has CORS headers and no internal details."""
    assert response.status in statuses, (response.status, response.body)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    problem = response.json
    assert problem["status"] == response.status
    assert problem["title"]
    assert problem["type"].startswith("tag:")
    assert not any(word in response.body.decode() for word in ("Traceback", "File ", "todos#", "msgspec", "dynamodb"))


def test_only_the_configuration_is_public(todo_app: Stage):
    assert operations(todo_app, public=True) == [("GET", "/config")]


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_a_wrong_field_is_named(todo_app: Stage, field: str, value: object):
    for method, path in (("POST", "/todos"), ("PATCH", todo_app.path(todo_app.add()))):
        response = todo_app.call(method, path, {"title": "x", field: value})
        assert_problem(response, 422)
        assert response.field.split("[")[0] == field.encode("ascii", "backslashreplace").decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from(["title", "completed", "order", "notes", "due", "tags", "url", "version"]) | st.text(
    max_size=10
)
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PROPERTY
@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | JSON.map(lambda value: dump(value)))
def test_no_body_causes_a_5xx(todo_app: Stage, body: bytes):
    for method, path in (("POST", "/todos"), ("PATCH", "/todos/" + "0" * 28)):
        response = todo_app.call(method, path, body, Content_Type="application/json")
        if response.status not in (200, 201):
            assert_problem(response, 400, 404, 422)


@PROPERTY
@given(fields=st.dictionaries(NAMES, JSON, max_size=5))
def test_an_accepted_todo_is_read_as_it_was_returned(todo_app: Stage, fields: dict[str, object]):
    response = todo_app.call("POST", "/todos", dump({"title": "x", **fields}), Content_Type="application/json")
    if response.status == 201:
        assert todo_app.call("GET", todo_app.path(response.json)).json == response.json
    else:
        assert_problem(response, 400, 422)


@PROPERTY
@given(cursor=st.text(max_size=100) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_an_invented_cursor_is_refused(todo_app: Stage, cursor: str):
    assert_problem(todo_app.call("GET", "/todos?cursor=" + quoted(cursor)), 400)


def quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")) or "%00"


def dump(value: object) -> bytes:
    return json.dumps(value).encode()
