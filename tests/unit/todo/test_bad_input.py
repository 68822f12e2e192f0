"""Bad input: every route that the app declares gets every case that applies to it."""

import base64
import hmac
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bad_input import BODIES, FIELDS
from tests.unit.stage import KEY, OTHER_KEY, Answer, token
from tests.unit.todo.stage import Stage


def forged(secret: bytes = b"", **header: str) -> str:
    """A token with a header of our choice, "signed" with a shared secret."""
    head = encoded(json.dumps({"kid": "one", **header}).encode())
    signed = f"{head}.{token().split('.')[1]}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


TOKENS = {
    "empty": lambda: "",
    "scheme only": lambda: "Bearer ",
    "not a token": lambda: "letmein",
    "two parts": lambda: ".".join(token().split(".")[:2]),
    "not base64": lambda: "a.b.c",
    "dots": lambda: "..",
    "not ASCII": lambda: "é.é.é",
    "very long": lambda: "a" * 100_000,
    "basic": lambda: "Basic YWxpY2U6eA==",
    "doubled": lambda: f"{token()}, {token()}",
    "two in one": lambda: f"{token()} {token()}",
    "expired": lambda: token(exp=int(time.time()) - 1),
    "without expiry": lambda: token(exp=None),
    "expiry is a text": lambda: token(exp="tomorrow"),
    "signed by another": lambda: token(key=OTHER_KEY),
    "unsigned": lambda: forged(alg="none").rpartition(".")[0] + ".",
    "empty key id": lambda: forged(alg="RS256", kid=""),
    "unknown key id": lambda: forged(alg="RS256", kid="two"),
    "public key as a shared secret": lambda: forged(KEY.as_pem(private=False), alg="HS256"),
    "access token": lambda: token(token_use="access"),
    "of another pool": lambda: token(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other"),
    "of another client": lambda: token(aud="other"),
    "for nobody": lambda: token(sub=""),
    "edited": lambda: token()[:-5] + "AAAAA",
}


def operations(todo_app: Stage, **wanted: bool) -> list[tuple[str, str]]:
    """The declared routes that have a body, or not, and so on, with a path that would be valid."""
    item = todo_app.path(todo_app.add())
    return [
        (operation.method, operation.path.replace("/todos/{todo_id}", item))
        for operation in todo_app.module.api.operations
        if all(bool(getattr(operation, name)) == value for name, value in wanted.items())
    ]


def assert_problem(answer: Answer, *statuses: int) -> None:
    """An answer that names the problem, to a browser too, and nothing of ours."""
    assert answer.status in statuses, (answer.status, answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    problem = answer.json
    assert problem["status"] == answer.status
    assert problem["title"]
    assert problem["type"].startswith("tag:")
    assert not any(word in answer.body.decode() for word in ("Traceback", "File ", "todos#", "msgspec", "dynamodb"))


@pytest.mark.parametrize("case", TOKENS)
def test_no_protected_route_takes_a_bad_token(todo_app: Stage, case: str):
    for method, path in operations(todo_app, public=False):
        answer = todo_app.call(method, path, {"title": "x"}, user=None, Authorization=TOKENS[case]())
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_only_the_configuration_is_public(todo_app: Stage):
    assert operations(todo_app, public=True) == [("GET", "/config")]


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer  {}"])
def test_a_token_may_have_its_scheme_in_front(todo_app: Stage, form: str):
    assert todo_app.call("GET", "/todos", user=None, Authorization=form.format(token())).status == 200


@pytest.mark.parametrize("case", BODIES)
def test_no_route_takes_a_malformed_body(todo_app: Stage, case: str):
    body, status = BODIES[case]
    for method, path in operations(todo_app, body=True):
        assert_problem(todo_app.call(method, path, body, Content_Type="application/json"), status)


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_a_wrong_field_is_named(todo_app: Stage, field: str, value: object):
    for method, path in operations(todo_app, body=True):
        answer = todo_app.call(method, path, {"title": "x", field: value})
        assert_problem(answer, 422)
        assert answer.field.split("[")[0] == field.encode("ascii", "backslashreplace").decode()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "x"])
def test_no_route_takes_another_content_type(todo_app: Stage, content_type: str):
    for method, path in operations(todo_app, body=True):
        assert_problem(todo_app.call(method, path, b'{"title": "x"}', Content_Type=content_type), 415)


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json", ""]
)
def test_every_way_to_say_json_will_do(todo_app: Stage, content_type: str):
    for method, path in operations(todo_app, body=True):
        assert todo_app.call(method, path, b'{"title": "x"}', Content_Type=content_type).status in (200, 201)


@pytest.mark.parametrize("todo_id", ["x", "0" * 28, "0" * 5000, "%00", "..", "version", "todo%23", "é", "A" * 28])
def test_an_id_that_cannot_be_is_a_missing_todo(todo_app: Stage, todo_id: str):
    for method, path in operations(todo_app):
        if path.count("/") == 2:
            assert_problem(todo_app.call(method, f"/todos/{todo_id}", {"title": "x"}), 404)


@pytest.mark.parametrize("value", ["x", '"', '"a" "b"', "*, *", '"' + "x" * 5000 + '"', "W/", '"é'])
def test_a_malformed_condition_is_refused(todo_app: Stage, value: str):
    for operation in todo_app.module.api.operations:
        for name in set(operation.headers) & {"If-Match", "If-None-Match"}:
            path = operation.path.replace("/todos/{todo_id}", todo_app.path(todo_app.add()))
            answer = todo_app.call(operation.method, path, {"title": "x"}, **{name: value})
            assert_problem(answer, 400)
            assert answer.field == name


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
def test_no_bytes_are_our_fault(todo_app: Stage, body: bytes):
    for method, path in (("POST", "/todos"), ("PATCH", "/todos/" + "0" * 28)):
        answer = todo_app.call(method, path, body, Content_Type="application/json")
        if answer.status not in (200, 201):
            assert_problem(answer, 400, 404, 422)


@PROPERTY
@given(fields=st.dictionaries(NAMES, JSON, max_size=5))
def test_what_is_accepted_reads_back_as_answered(todo_app: Stage, fields: dict[str, object]):
    answer = todo_app.call("POST", "/todos", dump({"title": "x", **fields}), Content_Type="application/json")
    if answer.status == 201:
        assert todo_app.call("GET", todo_app.path(answer.json)).json == answer.json
    else:
        assert_problem(answer, 400, 422)


@PROPERTY
@given(cursor=st.text(max_size=100) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_no_cursor_can_be_made_up(todo_app: Stage, cursor: str):
    assert_problem(todo_app.call("GET", "/todos?cursor=" + quoted(cursor)), 400)


def quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")) or "%00"


def dump(value: object) -> bytes:
    return json.dumps(value).encode()
