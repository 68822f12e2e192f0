"""One request and what DynamoDB answers to it, as bytes on the wire."""

import json
from typing import Any

OWNER = "11111111-2222-4333-8444-555555555555"


def dynamodb_page(todos: int) -> str:
    """Query's answer with so many to-dos of an ordinary kind."""
    items = [_item(number) for number in range(todos)]
    return json.dumps({"Count": todos, "Items": items, "ScannedCount": todos}, separators=(",", ":"))


def dynamodb_version() -> str:
    """GetItem's answer for the item that counts an owner's changes."""
    return json.dumps({"Item": {"version": {"N": "1207"}}}, separators=(",", ":"))


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


def event() -> dict[str, Any]:
    """API Gateway's event for a signed-in user's `GET /todos`."""
    headers = {"Authorization": "e" * 900, "Accept": "application/json", "Host": "todo.example.com"}
    claims = {"sub": OWNER, "token_use": "id", "cognito:username": OWNER, "email": "alice@example.com"}
    return {
        "resource": "/todos",
        "path": "/todos",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "apiId": "example001",
            "authorizer": {"claims": claims},
            "httpMethod": "GET",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "bench"},
            "path": "/api/todos",
            "requestId": "66666666-7777-4888-8999-000000000000",
            "resourcePath": "/todos",
            "stage": "api",
        },
    }
