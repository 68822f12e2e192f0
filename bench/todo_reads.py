"""How a device reads a list of 1,000 to-dos: all of it, unchanged, what has changed, and from API Gateway's cache."""

import json
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from bench.app_stage import AppStage, Response, running_app, seconds_until
from bench.result import Limit, Ratio, Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace
from common.values import new_id

_TODOS = 1000
# Strongly consistent: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
_READ_UNIT_BYTES = 4096
_WHOLE = "all 1,000 to-dos in one page"


def measure(workspace: Workspace) -> list[Result]:
    """Read in turns with the whole list. Latency is by the clock, as a user waits; bytes are without compression."""
    with running_app(workspace, "todo_app", workspace.todo_checkout) as stage:
        device = Device(stage)
        device.fill()
        rounds = 10 if workspace.short else 60
        reads = {
            "unchanged list, 304": device.unchanged_list,
            "GET /changes, nothing changed": device.nothing_changed,
            "GET /changes, one of 1,000 changed": device.one_changed,
            "GET /changes, from the cache": device.cached,
        }
        results = [
            compared(
                f"{name}, p50", "ms", alternate(device.timed(read), device.timed(device.whole), rounds), _WHOLE, None
            )
            for name, read in reads.items()
        ]
        whole, change = len(device.whole().body), len(device.one_changed().body)
        results.append(Result("sync after one change", "bytes", change, whole, _WHOLE, Ratio(0.01)))
        results.append(
            Result("whole list", "read units", _whole_units(device, stage), 1, "an unchanged list, 304", None)
        )
        seconds = [device.seconds_until_seen() for _ in range(1 if workspace.short else 5)]
        waited = Result(
            "written here until seen there", "s", median(seconds), None, "none; at most the cache's 15 s", Limit(16)
        )
    return [*results, waited]


def _whole_units(device: "Device", stage: AppStage) -> int:
    """The read units of the whole list, by DynamoDB's rules from the sizes of the items: the version, and a query."""
    pages = (
        stage.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stage.outputs["TableName"],
            KeyConditionExpression="#owner = :owner AND begins_with(#key, :prefix)",
            ExpressionAttributeNames={"#owner": "owner", "#key": "key"},
            ExpressionAttributeValues={":owner": {"S": device.sub}, ":prefix": {"S": "todo#"}},
        )
    )
    return 1 + math.ceil(sum(_bytes(item) for page in pages for item in page["Items"]) / _READ_UNIT_BYTES)


def _bytes(item: dict[str, Any]) -> int:
    """An item's size: names and values; https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    return sum(len(name) + len(json.dumps(next(iter(value.values())))) for name, value in item.items())


class Device:
    """A signed-in device with one connection."""

    def __init__(self, stage: AppStage) -> None:
        self._connection = stage.visitor(stage.api_url)
        self._token = stage.token("alice@example.com")
        self._started = datetime.now(UTC)
        self._etag = ""
        self._asked = 0
        pool = stage.client("cognito-idp")
        user = pool.admin_get_user(UserPoolId=stage.outputs["UserPoolId"], Username="alice@example.com")
        self.sub = str(next(pair["Value"] for pair in user["UserAttributes"] if pair["Name"] == "sub"))

    def fill(self) -> None:
        """Let the list have 1,000 to-dos, of which one changes last."""
        self._expect(self._connection.send("DELETE", "/todos", None, Authorization=self._token), 204)
        ids = [new_id(self._started + timedelta(milliseconds=number)) for number in range(_TODOS)]
        for first in range(0, _TODOS, 50):
            todos = [{"title": f"What is to be done, number {first}", "tags": ["home"]}] * 50
            self._send(
                [
                    {"op": "create", "key": one, "id": one, "todo": todo}
                    for one, todo in zip(ids[first:], todos, strict=False)
                ]
            )
        self._before = self._version
        self._send([{"op": "change", "key": f"last-{ids[0]}", "id": ids[0], "todo": {"completed": True}}])
        self._etag = self._connection.get("/todos?limit=1000", Authorization=self._token).headers["etag"]

    def timed(self, read: Callable[[], Response]) -> Callable[[], float]:
        """Return the read as one that returns the milliseconds that it takes."""

        def milliseconds() -> float:
            began = time.perf_counter()
            read()
            return (time.perf_counter() - began) * 1000

        return milliseconds

    def whole(self) -> Response:
        """Read all to-dos."""
        return self._get("/todos?limit=1000")

    def unchanged_list(self) -> Response:
        """Read the list with its current ETag."""
        sent = self._connection.get("/todos?limit=1000", Authorization=self._token, If_None_Match=self._etag)
        return self._expect(sent, 304)

    def nothing_changed(self) -> Response:
        """Read what has changed since the current version; each time with another key of the cache."""
        return self._get(f"/changes?since={self._version}&atLeast={self._another()}")

    def one_changed(self) -> Response:
        """Read what has changed since the version before; each time with another key of the cache."""
        return self._get(f"/changes?since={self._before}&atLeast={self._another()}")

    def cached(self) -> Response:
        """Read what the cache has, but for one read in 15 seconds."""
        return self._get(f"/changes?since={self._version}")

    def seconds_until_seen(self) -> float:
        """Return how long a device that asks all the time waits for a change that another one makes."""
        since = self._version
        self._get(f"/changes?since={since}")
        key = new_id(datetime.now(UTC))
        change = [{"op": "create", "key": key, "id": key, "todo": {"title": "seen elsewhere"}}]
        return seconds_until(
            lambda: self._send(change), lambda: bool(self._get(f"/changes?since={since}").json["written"]), pause=0.1
        )

    def _another(self) -> int:
        self._asked += 1
        return self._asked % self._version

    def _send(self, changes: list[dict[str, Any]]) -> None:
        answer = self._expect(
            self._connection.send("POST", "/changes", {"changes": changes}, Authorization=self._token), 200
        )
        if any(result["status"] >= 400 for result in answer.json["results"]):
            raise RuntimeError(f"not applied: {answer.body[:500]!r}")
        self._version = int(answer.json["version"])

    def _get(self, path: str) -> Response:
        return self._expect(self._connection.get(path, Authorization=self._token), 200)

    def _expect(self, response: Response, status: int) -> Response:
        return self._connection.expect(response, status)
