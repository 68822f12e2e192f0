"""Reads through DAX, from its cache and past it, beside DynamoDB: latency, rate, read units, and a cold start.

On AWS the cluster and DynamoDB are other machines; here both are the embedded AWS. So the latencies compare the work of
the clients and of the embedded services, and not AWS's.
"""

import json
import urllib.request
from statistics import median, quantiles
from typing import Any

from bench.app_stage import AppStage, running_app
from bench.functions import started
from bench.result import Limit, Ratio, Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace

_OWNERS = 1000
_ZIPF_READS = 1000
# Eventually consistent, up to 4 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
_UNITS_OF_A_READ = 0.5
_DIRECT = "the same reads by DynamoDB's own client"


def measure(workspace: Workspace) -> list[Result]:
    """Read in one process of the functions' interpreter at a time, in turns."""
    with running_app(workspace, "todo_app", workspace.todo_checkout) as stage:
        reader = Reader(workspace, stage)
        reader.fill()
        # While the cache has none of them.
        units, missed = reader.zipf_units(), reader.milliseconds(range(_OWNERS, 2 * _OWNERS), dax=True)
        hits, direct = [], []
        for _ in range(3):
            hits += reader.milliseconds(range(_OWNERS, 2 * _OWNERS), dax=True)
            direct += reader.milliseconds(range(_OWNERS, 2 * _OWNERS), dax=False)
        first = alternate(
            lambda: reader.first_ms(dax=True), lambda: reader.first_ms(dax=False), 3 if workspace.short else 15
        )
    return [
        *_latency("DAX hit", hits, direct),
        *_latency("DAX miss", missed, direct),
        Result("1,000 reads by Zipf of 1,000 lists", "read units", units, 500, _DIRECT, Limit(500)),
        compared("cold start and first read through DAX", "ms CPU", first, f"{_DIRECT}, without DAX", Ratio(1.5)),
    ]


def _latency(name: str, ours: list[float], direct: list[float]) -> list[Result]:
    return [
        Result(f"{name}, p50", "ms", median(ours), median(direct), _DIRECT, None),
        Result(f"{name}, p99", "ms", quantiles(ours, n=100)[98], quantiles(direct, n=100)[98], _DIRECT, None),
        Result(
            f"{name}, one client", "reads/s", 1000 / _mean(ours), 1000 / _mean(direct), f"{_DIRECT}; on average", None
        ),
    ]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


class NotByDax(Exception):
    """The cluster did not answer, and DynamoDB did."""


class Reader:
    """Runs the program that reads."""

    def __init__(self, workspace: Workspace, stage: AppStage) -> None:
        self._workspace = workspace
        self._stage = stage

    def fill(self) -> None:
        """Write the version items of owners."""
        client, table = self._stage.client("dynamodb"), self._stage.outputs["TableName"]
        for first in range(0, 2 * _OWNERS, 25):
            items = [
                {"owner": {"S": f"bench-{number}"}, "key": {"S": "version"}, "version": {"N": "7"}}
                for number in range(first, first + 25)
            ]
            client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]})

    def zipf_units(self) -> float:
        """The read units of reads by Zipf, most of whose lists are read again."""
        before = self._misses()
        self._run("zipf", range(_OWNERS), _ZIPF_READS, dax=True)
        return (self._misses() - before) * _UNITS_OF_A_READ

    def milliseconds(self, owners: range, *, dax: bool) -> list[float]:
        """How long a read of each owner takes."""
        return [1000 * one for one in self._run("each", owners, len(owners), dax=dax)["seconds"]]

    def first_ms(self, *, dax: bool) -> float:
        """CPU from the start of the process to its first answer."""
        return float(self._run("each", range(1), 0, dax=dax)["first_ms"])

    def _misses(self) -> int:
        with urllib.request.urlopen(f"{self._stage.endpoint_url}/_quartet/dax") as answer:  # noqa: S310 - our own server
            (cluster,) = json.load(answer)["clusters"].values()
        return int(cluster["item_misses"])

    def _run(self, chosen: str, owners: range, reads: int, *, dax: bool) -> dict[str, Any]:
        stage, outputs = self._stage, self._stage.outputs
        variables = {
            "AWS_ENDPOINT_URL": stage.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "",
            "SSL_CERT_FILE": str(stage.document["ca_file"]),
            "TABLE_NAME": outputs["TableName"],
            "DAX_ENDPOINT": outputs["DaxEndpoint"] if dax else "",
        }
        package = self._workspace.todo_dax_zip if dax else self._workspace.todo_zip
        arguments = [chosen, str(owners.start), str(owners.stop), str(reads)]
        with started(self._workspace, "dax_reads.py", package, variables, arguments=arguments) as process:
            output = process.communicate()[0]
        if process.returncode:
            raise RuntimeError(f"dax_reads.py failed with {process.returncode}")
        *told, answer = output.splitlines()
        if told:
            raise NotByDax(f"the log of the client has {told}")
        result: dict[str, Any] = json.loads(answer)
        return result
