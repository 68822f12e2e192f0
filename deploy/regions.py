"""A stage in two regions: the same template in each, and what each stack is told about the other.

The first region of a stage's `regions` is the primary: its stack has the global resources. The second is the replica:
its stack is told the primary stack's outputs. The template decides by its parameters what it creates in which region:

- `PrimaryRegion` and `ReplicaRegion`, the stage's regions;
- `ReplicaRestApiId`, the replica's API, for the primary;
- any output of the primary's stack that is declared as a parameter, for the replica. The ARN of a table's stream
  becomes that of the replica table's stream, and a secret's ARN that of the replica secret.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.apps import App
from deploy.errors import DeployError
from deploy.steps.chalice_record import record_path, summary_path
from deploy.target import Target

_SECRET_REGION = re.compile(r"(?<=:secretsmanager:)[^:]+(?=:)")
_STREAM = re.compile(r":table/(?P<table>[^/]+)/stream/")
_REPLICA_SECONDS = 600


def replica_region(app: App, target: Target) -> str | None:
    """The stage's second region, if it has one.

    Raises
    ------
    DeployError
        The stage has more than two regions, or its first region is not the target's.
    """
    regions = app.stage(target.stage).regions
    if len(regions) > 2:
        # An origin group of CloudFront has two origins.
        raise DeployError(f"stages.yaml of {app.name}, stage {target.stage}: at most two regions")
    if regions and regions[0] != target.region:
        raise DeployError(f"stage {target.stage} of {app.key} is in {regions[0]}, not in {target.region}")
    return regions[1] if regions[1:] else None


def replica_parameters(outputs: Mapping[str, str], replica: Target) -> dict[str, str]:
    """The primary stack's outputs as parameters of the replica's stack; roles are left out."""
    return {name: _in_replica(value, replica) for name, value in outputs.items() if not name.startswith("Role")}


@contextmanager
def replica_record(app: App, stage: str, region: str) -> Iterator[None]:
    """Put Chalice's record of the replica in the place of the primary's: Chalice knows one region per stage.

    After an interruption the records are exchanged; the next deployment repairs them.
    """
    replica_folder = record_path(app, stage).parent / region
    _exchange_records(app, stage, replica_folder)
    try:
        yield
    finally:
        _exchange_records(app, stage, replica_folder)


def _exchange_records(app: App, stage: str, replica_folder: Path) -> None:
    replica_folder.mkdir(parents=True, exist_ok=True)
    for current in (record_path(app, stage), summary_path(app, stage)):
        other, temporary = replica_folder / current.name, replica_folder / f"{current.name}.new"
        if current.exists():
            current.replace(temporary)
        if other.exists():
            other.replace(current)
        if temporary.exists():
            temporary.replace(other)


def _in_replica(value: str, replica: Target) -> str:
    """The replica's ARN for a stream's or secret's ARN; any other value unchanged."""
    stream = _STREAM.search(value)
    return _replica_stream(stream["table"], replica) if stream else _SECRET_REGION.sub(replica.region, value)


def _replica_stream(table_name: str, replica: Target) -> str:
    client, deadline = replica.client("dynamodb"), time.monotonic() + _REPLICA_SECONDS
    while time.monotonic() < deadline:
        try:
            table = client.describe_table(TableName=table_name)["Table"]
        except client.exceptions.ResourceNotFoundException:
            table = {}
        if table.get("TableStatus") == "ACTIVE" and "LatestStreamArn" in table:
            return str(table["LatestStreamArn"])
        time.sleep(0.2 if replica.is_local else 5)
    raise DeployError(f"table {table_name} has no replica in {replica.region} after {_REPLICA_SECONDS} s")
