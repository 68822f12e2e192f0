"""Everything that is measured, by the name that `--only` takes."""

from collections.abc import Callable
from dataclasses import dataclass

from bench import (
    api_call,
    blog_events,
    blog_reading,
    cold_start,
    dax,
    edge_verification,
    edit_loop,
    end_to_end,
    handler,
    hostile_text,
    list_load,
    make_run,
    package_size,
    play_call,
    play_stage,
    read_api,
    redeploy,
    report_scans,
    signatures,
    thumbnails,
    todo_reads,
    transform,
)
from bench.result import Result
from bench.workspace import Workspace


@dataclass(frozen=True)
class Measurement:
    """One measurement; `takes_minutes` ones are not part of a short run."""

    name: str
    measure: Callable[[Workspace], list[Result]]
    takes_minutes: bool = False


_ALL = (
    Measurement("cold-start", cold_start.measure),
    Measurement("package-size", package_size.measure),
    Measurement("handler", handler.measure),
    Measurement("play-call", play_call.measure),
    Measurement("thumbnails", thumbnails.measure),
    Measurement("hostile-text", hostile_text.measure),
    Measurement("signatures", signatures.measure),
    Measurement("edge-verification", edge_verification.measure),
    Measurement("transform", transform.measure),
    Measurement("api-call", api_call.measure),
    Measurement("play-stage", play_stage.measure),
    Measurement("todo-reads", todo_reads.measure),
    Measurement("dax", dax.measure),
    Measurement("list-load", list_load.measure),
    Measurement("read-api", read_api.measure),
    Measurement("report-scans", report_scans.measure),
    Measurement("blog-reading", blog_reading.measure),
    Measurement("blog-events", blog_events.measure),
    Measurement("end-to-end", end_to_end.measure, takes_minutes=True),
    Measurement("edit-loop", edit_loop.measure, takes_minutes=True),
    Measurement("redeploy", redeploy.measure, takes_minutes=True),
    Measurement("make-run", make_run.measure, takes_minutes=True),
)
MEASUREMENTS = {measurement.name: measurement for measurement in _ALL}
