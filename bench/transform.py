"""CPU of pipeline_app's transform of Firehose's records, beside a bare loop with msgspec and beside `json`."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import telemetry_records
from bench.functions import started
from bench.result import Ratio, Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace

# About a megabyte, Firehose's hint for the size of a batch.
_RECORDS = 2500
# 0.9 of the speed of the bare loop.
BARE = Ratio(1.11)


def measure(workspace: Workspace) -> list[Result]:
    """Let one process transform a batch in turns."""
    with _running(workspace) as process:
        bare, by_hand = (
            alternate(
                lambda: process.microseconds("ours"),
                lambda way=way: process.microseconds(way),  # type: ignore[misc]
                9 if workspace.short else 25,
            )
            for way in ("bare", "json")
        )
    shortest = "a bare loop with msgspec: decode, validate, encode; times are not normalised, nothing is counted"
    return [
        compared("record transformed", "µs CPU", bare, shortest, BARE),
        compared(
            "record transformed, beside json", "µs CPU", by_hand, "the same bytes by json and checks by hand", None
        ),
    ]


class _Transforms:
    """The program that transforms."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        if json.loads(self._line()) is not True:
            raise RuntimeError("the transforms do not return the same")

    def microseconds(self, way: str) -> float:
        """CPU of a record, as a mean over many batches."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(f"{way}\n".encode())
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        if line := self._process.stdout.readline():
            return line
        raise RuntimeError(f"the transforms ended with {self._process.wait()}")


@contextmanager
def _running(workspace: Workspace) -> Iterator[_Transforms]:
    variables = {"BENCH_INPUT": str(_event(workspace.folder / "firehose-event.json"))}
    with started(workspace, "transform.py", workspace.pipeline_zip, variables, stdin=subprocess.PIPE) as process:
        yield _Transforms(process)
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.close()


def _event(path: Path) -> Path:
    """Write Firehose's event: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesisfirehose.html."""
    records = [
        {
            "recordId": f"{49546986683135544286507457936321625675700192471156785154 + number}",
            "approximateArrivalTimestamp": telemetry_records.NOON,
            "data": base64.b64encode(envelope).decode(),
        }
        for number, envelope in enumerate(telemetry_records.envelopes(_RECORDS, devices=1000))
    ]
    path.write_text(json.dumps({"records": records}))
    return path
