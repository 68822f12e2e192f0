"""Thumbnails of a photo of 12 megapixels: CPU of decoding and resizing, of all, and the memory that it takes."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.functions import started
from bench.photograph import photograph
from bench.result import Limit, Ratio, Result, compared
from bench.sampling import Pair, alternate
from bench.workspace import Workspace

_RECIPE = "the usual recipe: exif_transpose of the whole picture, then a copy of it for each size; the same files"


def measure(workspace: Workspace) -> list[Result]:
    """Let warm processes work in turns; the memory is that of a fresh process each."""
    photo, progressive = workspace.folder / "photo.jpg", workspace.folder / "progressive.jpg"
    photo.write_bytes(photograph())
    progressive.write_bytes(photograph(progressive=True))
    rounds = 3 if workspace.short else 12
    with warm(workspace, photo) as ours, warm(workspace, photo) as other:
        made = ours.call("ours")["made"]
        recipe = " ".join(["recipe", *(str(width) for width in sorted({width for width, _, _ in made}))])
        if other.call(recipe)["made"] != made:
            raise RuntimeError("the two ways do not make the same files")
        resizing = alternate(lambda: ours.cpu_ms("resized"), lambda: other.cpu_ms("floor"), rounds)
        everything = alternate(lambda: ours.cpu_ms("ours"), lambda: other.cpu_ms(recipe), rounds)
    encoding = everything.medians[0] - resizing.medians[0]
    floor = "one decode at the scale that the widest size needs"
    return [
        compared("12 MP photo: decode and all sizes", "ms CPU", resizing, floor, Ratio(2)),
        Result("12 MP photo: encode 6 files", "ms CPU", encoding, None, "none; the next line less the last", None),
        compared("12 MP photo: all of it", "ms CPU", everything, _RECIPE, None),
        compared("12 MP photo: peak above idle", "MB", _peaks(workspace, photo, recipe, rounds), _RECIPE, Limit(45)),
        # libjpeg keeps all coefficients of a progressive picture, whatever scale it decodes to.
        compared(
            "progressive 12 MP photo: peak above idle",
            "MB",
            _peaks(workspace, progressive, "floor", rounds),
            floor,
            Ratio(1.2),
        ),
    ]


class Warm:
    """A process that makes thumbnails of one photo, again and again."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def call(self, way: str) -> dict[str, Any]:
        """Make them once."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(f"{way}\n".encode())
        self._process.stdin.flush()
        if not (line := self._process.stdout.readline()):
            raise RuntimeError(f"the function ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def cpu_ms(self, way: str) -> float:
        """CPU of one time."""
        return float(self.call(way)["cpu_ms"])


@contextmanager
def warm(workspace: Workspace, photo: Path) -> Iterator[Warm]:
    """Start a process and end it."""
    variables = {"BENCH_PHOTO": str(photo)}
    with started(workspace, "thumbnails.py", workspace.blog_zip, variables, stdin=subprocess.PIPE) as process:
        yield Warm(process)
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.close()


def _peaks(workspace: Workspace, photo: Path, reference: str, rounds: int) -> Pair:
    def peak_mb(way: str) -> float:
        with warm(workspace, photo) as process:
            return float(process.call(way)["peak_mb"])

    return alternate(lambda: peak_mb("ours"), lambda: peak_mb(reference), max(2, rounds // 4))
