"""How many lists a second the embedded AWS answers at 32 connections, and what a page of a long list costs."""

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from bench import small_api
from bench.app_stage import AppStage, running_app
from bench.connections import CONNECTIONS, requests_a_second
from bench.result import AtLeast, Ratio, Result, compared
from bench.sampling import alternate
from bench.servers import Running, embedded_aws, plain_ministack
from bench.workspace import Workspace

_USER = "alice@example.com"
_TODOS = 20
_LONG, _SHORT = 6_000, 40
_BATCH = 25
_TABLE = "bench"
_QUERIES = 30
# The same list as a small function, which the unextended MiniStack runs too.
_CODE = """
import json, os
import botocore.session

client = botocore.session.get_session().create_client("dynamodb", region_name=os.environ["AWS_REGION"])
QUERY = {
    "TableName": "bench",
    "KeyConditionExpression": "#owner = :owner",
    "ExpressionAttributeNames": {"#owner": "owner"},
    "ExpressionAttributeValues": {":owner": {"S": "short"}},
    "Limit": 20,
}

def handler(event, context):
    items = client.query(**QUERY)["Items"]
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(items)}
"""


def measure(workspace: Workspace) -> list[Result]:
    """Rates by the clock, with the clients on the same machine."""
    requests, rounds = (200, 3) if workspace.short else (600, 9)
    with running_app(workspace, "todo_app", workspace.todo_checkout) as stage:
        rate = _rate_of_lists(stage, requests, rounds)
    name = f"lists of {_TODOS} to-dos at {CONNECTIONS} connections"
    lists = Result(name, "1/s", rate, None, "none; two requests to DynamoDB each", AtLeast(150))
    with embedded_aws(workspace) as ours, plain_ministack(workspace) as plain:
        return [lists, _small_lists(ours, plain, requests, rounds), _pages(ours, rounds)]


def _rate_of_lists(stage: AppStage, requests: int, rounds: int) -> float:
    visitor, headers = stage.visitor(stage.api_url), {"Authorization": stage.token(_USER)}
    visitor.expect(visitor.send("DELETE", "/todos", None, **headers), 204)
    for number in range(_TODOS):
        todo = {"title": f"What is to be done, number {number}", "tags": ["home"]}
        visitor.expect(visitor.send("POST", "/todos", todo, **headers), 201)
    ask = partial(requests_a_second, f"{stage.api_url}/todos?limit={_TODOS}", headers)
    # The first calls start the execution environments.
    ask(4 * CONNECTIONS)
    return median(ask(requests) for _ in range(rounds))


def _small_lists(ours: Running, plain: Running, requests: int, rounds: int) -> Result:
    milliseconds = partial(_milliseconds, requests=requests)
    samples = alternate(partial(milliseconds, _small_list(ours)), partial(milliseconds, _small_list(plain)), rounds)
    name = f"small function's list of {_TODOS} items at {CONNECTIONS} connections, each"
    return compared(name, "ms", samples, "the unextended MiniStack, without IAM", Ratio(1.25))


def _small_list(server: Running) -> Callable[[int], float]:
    """Deploy the function with its table; returns what asks for its list so many times."""
    _fill(server.client("dynamodb"))
    api = small_api.deploy(server, _CODE, ("dynamodb:Query",))
    url, headers = f"http://127.0.0.1:{server.port}{api.path}", {"Host": api.host}
    requests_a_second(url, headers, 4 * CONNECTIONS)
    return partial(requests_a_second, url, headers)


def _milliseconds(ask: Callable[[int], float], requests: int) -> float:
    return 1000 / ask(requests)


def _fill(dynamodb: Any) -> None:
    names = ("owner", "key")
    dynamodb.create_table(
        TableName=_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
    )
    keys = [(owner, number) for owner, count in (("short", _SHORT), ("long", _LONG)) for number in range(count)]
    items = [{**_key(owner, number), "title": {"S": f"What is to be done, number {number}"}} for owner, number in keys]
    for first in range(0, len(items), _BATCH):
        puts = [{"PutRequest": {"Item": item}} for item in items[first : first + _BATCH]]
        dynamodb.batch_write_item(RequestItems={_TABLE: puts})


def _key(owner: str, number: int) -> dict[str, Any]:
    return {"owner": {"S": owner}, "key": {"S": f"todo#{number:05}"}}


def _pages(server: Running, rounds: int) -> Result:
    dynamodb = server.client("dynamodb")
    samples = alternate(
        partial(_page_ms, dynamodb, "long", _LONG), partial(_page_ms, dynamodb, "short", _SHORT), rounds
    )
    reference = f"the same page of a partition of {_SHORT} items"
    return compared(f"a page of {_TODOS} of {_LONG:,} items", "ms", samples, reference, Ratio(1.2))


def _page_ms(dynamodb: Any, owner: str, items: int) -> float:
    """Median of a page in the middle of a partition."""
    request = {
        "TableName": _TABLE,
        "KeyConditionExpression": "#owner = :owner AND begins_with(#key, :prefix)",
        "ExpressionAttributeNames": {"#owner": "owner", "#key": "key"},
        "ExpressionAttributeValues": {":owner": {"S": owner}, ":prefix": {"S": "todo#"}},
        "ExclusiveStartKey": _key(owner, items // 2 - 1),
        "Limit": _TODOS,
    }

    def milliseconds() -> float:
        started = time.perf_counter()
        if len(dynamodb.query(**request)["Items"]) != _TODOS:
            raise RuntimeError(f"a page of {owner} does not have {_TODOS} items")
        return (time.perf_counter() - started) * 1000

    return median(milliseconds() for _ in range(_QUERIES))
