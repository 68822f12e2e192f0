"""Methods and parameters that an address does not have."""

import pytest

from tests.unit.todo.stage import Stage

ALLOWED = {
    "/todos": "GET, HEAD, POST, DELETE",
    "/todos/" + 28 * "0": "GET, HEAD, PATCH, DELETE",
    "/account": "DELETE",
    "/config": "GET, HEAD",
}


@pytest.mark.parametrize("path", ALLOWED)
def test_the_405_response_names_the_methods_of_the_address(todo_app: Stage, path: str):
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - set(ALLOWED[path].split(", ")):
        response = todo_app.call(method, path)
        assert (method, response.status, response.headers.get("allow")) == (method, 405, f"{ALLOWED[path]}, OPTIONS")
        assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/todos"), ("GET", "/config"), ("DELETE", "/account")])
def test_a_route_without_parameters_refuses_all(todo_app: Stage, method: str, path: str):
    response = todo_app.call(method, f"{path}?limit=1")
    assert (response.status, response.field) == (400, "limit")
