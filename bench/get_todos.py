"""One request and what DynamoDB answers to it, as bytes on the wire."""

from typing import Any

from bench.warm_function import Call

OWNER = "11111111-2222-4333-8444-555555555555"


def call(todos: int) -> Call:
    """A signed-in user lists all of their to-dos."""
    # GetItem reads the item that counts an owner's changes.
    answers = {"Query": _page(todos), "GetItem": {"Item": {"version": {"N": "1207"}}}}
    return Call(api_event("GET", "/todos"), answers)


def _page(todos: int) -> dict[str, Any]:
    """Query's answer with so many to-dos of an ordinary kind."""
    items = [_item(number) for number in range(todos)]
    return {"Count": todos, "Items": items, "ScannedCount": todos}


def _item(number: int) -> dict[str, Any]:
    day = f"2026-11-{number % 28 + 1:02d}"
    item: dict[str, Any] = {
        "owner": {"S": OWNER},
        "key": {"S": f"todo#{number:028x}"},
        "title": {"S": f"Water the plants in room {number}, and open a window"},
        "completed": {"BOOL": number % 3 == 0},
        "createdAt": {"S": f"{day}T08:15:30.123456Z"},
        "updatedAt": {"S": f"{day}T09:16:31.123456Z"},
        "version": {"N": str(number % 7 + 1)},
        "order": {"N": str(number)},
    }
    if number % 2:
        item |= {"notes": {"S": "The ones at the window twice. " * 3}, "due": {"S": f"{day}T18:00:00Z"}}
    if number % 4 == 0:
        item["tags"] = {"L": [{"S": "home"}, {"S": "weekly"}]}
    return item


def api_event(method: str, resource: str, parameters: dict[str, str] | None = None) -> dict[str, Any]:
    """API Gateway's event for a request of a signed-in user; `resource` is a path, with its `parameters` in braces."""
    headers = {"Authorization": "e" * 900, "Accept": "application/json", "Host": "app.example.com"}
    if method == "POST":
        headers["Content-Type"] = "application/json"
    path = resource.format(**(parameters or {}))
    claims = {"sub": OWNER, "token_use": "id", "cognito:username": OWNER, "email": "alice@example.com"}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "apiId": "example001",
            "authorizer": {"claims": claims},
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "bench"},
            "path": f"/api{path}",
            "requestId": "66666666-7777-4888-8999-000000000000",
            "resourcePath": resource,
            "stage": "api",
        },
    }
