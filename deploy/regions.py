"""A stage in two regions: the same template in each, and what each is told of the other.

The first region of a stage's `regions` is its primary: global resources are in its stack. A second one is a replica:
its stack is told the outputs of the primary's. The template says what is made where, by its parameters:

- `PrimaryRegion` and `ReplicaRegion`, the stage's regions;
- `ReplicaRestApiId`, the replica's API, for the primary;
- any output of the primary's stack that is declared as a parameter, for the replica. The ARN of a table's stream
  becomes that of the stream of the table's replica, and a secret's that of the secret's replica.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.apps import App
from deploy.errors import DeployError
from deploy.steps.chalice_record import record_path
from deploy.target import Target

_SECRET = re.compile(r"(?<=:secretsmanager:)[^:]+(?=:)")
_STREAM = re.compile(r":table/(?P<table>[^/]+)/stream/")
_REPLICA_SECONDS = 600


def replica_region(app: App, target: Target) -> str | None:
    """The stage's second region, if it has one.

    Raises
    ------
    DeployError
        The stage's first region is another than the one that AWS is asked in.
    """
    regions = app.stage(target.stage).regions
    if len(regions) > 2:
        # An origin group of CloudFront has two origins.
        raise DeployError(f"stages.yaml of {app.name}, stage {target.stage}: at most two regions")
    if regions and regions[0] != target.region:
        raise DeployError(f"stage {target.stage} of {app.key} is in {regions[0]}, not in {target.region}")
    return regions[1] if regions[1:] else None


def passed_on(outputs: Mapping[str, str], replica: Target) -> dict[str, str]:
    """What the replica's stack is told of the primary's."""
    return {name: _in_replica(value, replica) for name, value in outputs.items() if not name.startswith("Role")}


@contextmanager
def replicas_record(app: App, stage: str, region: str) -> Iterator[None]:
    """Put Chalice's record of the replica into the place of the primary's: Chalice knows one region per stage.

    If this is interrupted, the records are the other regions'; the next deployment mends them.
    """
    record = record_path(app, stage)
    aside = record.parent / region
    _exchange(record.parent, aside, stage)
    try:
        yield
    finally:
        _exchange(record.parent, aside, stage)


def _exchange(folder: Path, aside: Path, stage: str) -> None:
    aside.mkdir(parents=True, exist_ok=True)
    for name in (f"{stage}.json", f"{stage}.quartet"):
        here, there, between = folder / name, aside / name, aside / f"{name}.new"
        if here.exists():
            here.replace(between)
        if there.exists():
            there.replace(here)
        if between.exists():
            between.replace(there)


def _in_replica(value: str, replica: Target) -> str:
    found = _STREAM.search(value)
    if not found:
        return _SECRET.sub(replica.region, value)
    client, deadline = replica.client("dynamodb"), time.monotonic() + _REPLICA_SECONDS
    while time.monotonic() < deadline:
        try:
            table = client.describe_table(TableName=found["table"])["Table"]
        except client.exceptions.ResourceNotFoundException:
            table = {}
        if table.get("TableStatus") == "ACTIVE" and "LatestStreamArn" in table:
            return str(table["LatestStreamArn"])
        time.sleep(0.2 if replica.is_local else 5)
    raise DeployError(f"table {found['table']} has no replica in {replica.region} after {_REPLICA_SECONDS} s")
