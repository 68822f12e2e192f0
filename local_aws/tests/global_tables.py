"""Global tables, their replication lag, and outages of regions."""

import json
import urllib.request
from typing import Any

from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.stream_tables import Table

HOME, OTHER, THIRD = "us-east-1", "eu-central-1", "ap-southeast-2"


def call(aws: EmbeddedAws, method: str, path: str, body: Any = None) -> Any:
    """One call of an API below /_quartet/."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{aws.endpoint_url}/_quartet/{path}", data, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def set_lag(aws: EmbeddedAws, lag_ms: int) -> None:
    call(aws, "PUT", "replication", {"lag_ms": lag_ms})


def pending(aws: EmbeddedAws, table: Table) -> int:
    """The number of writes of a table that are being replicated."""
    pending_links = call(aws, "GET", "replication")["pending"]
    return sum(link["writes"] for link in pending_links if link["table"] == table.name)


class Away:
    """A region that is down while a block runs."""

    def __init__(self, aws: EmbeddedAws, region: str):
        self.aws, self.region = aws, region

    def __enter__(self) -> "Away":
        self.rule = call(self.aws, "POST", "faults", {"action": "unreachable", "region": self.region})["id"]
        return self

    def __exit__(self, *_: object) -> None:
        call(self.aws, "DELETE", f"faults/{self.rule}")


def global_table(aws: EmbeddedAws, *others: str) -> tuple[Table, ...]:
    """A table's replicas: in the home region and in these regions."""
    home = Table(aws)
    for region in others or (OTHER,):
        home.dynamodb.update_table(TableName=home.name, ReplicaUpdates=[{"Create": {"RegionName": region}}])
    return home, *(Table(aws, region, home.name) for region in others or (OTHER,))


def wait_for(table: Table, key: str, word: str | None) -> None:
    wait_until(lambda: table.word(key) == word, f"{word} for {key} in {table.region}")
