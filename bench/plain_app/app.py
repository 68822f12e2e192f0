"""The reference: to-dos as a Chalice app is usually written, with boto3's Table resource and json."""

import json
import os
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key
from chalice.app import Chalice, Response

app = Chalice(app_name="plain")
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
PUBLIC_URL = os.environ["PUBLIC_URL"]


def number(value: Decimal) -> int | float:
    """Turn the resource's decimals into what json writes."""
    return int(value) if value == value.to_integral_value() else float(value)


def view(item: dict[str, Any]) -> dict[str, Any]:
    """Show one to-do as todo_app does."""
    return {
        "url": f"{PUBLIC_URL}/api/todos/{item['key'].removeprefix('todo#')}",
        "title": item["title"],
        "completed": item["completed"],
        "order": item.get("order"),
        "notes": item.get("notes", ""),
        "due": item.get("due"),
        "tags": item.get("tags", []),
        "createdAt": item["createdAt"],
        "updatedAt": item["updatedAt"],
        "version": item["version"],
    }


@app.route("/todos", methods=["GET"])
def list_todos() -> Response:
    """Answer with the caller's to-dos."""
    request: Any = app.current_request
    owner = request.context["authorizer"]["claims"]["sub"]
    condition = Key("owner").eq(owner) & Key("key").begins_with("todo#")
    response = table.query(KeyConditionExpression=condition, ConsistentRead=True, Limit=101)
    body = json.dumps([view(item) for item in response["Items"]], default=number)
    return Response(body, {"Content-Type": "application/json"})
