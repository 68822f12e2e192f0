"""The pipeline's health over HTTP."""

from typing import Annotated

import msgspec
from chalice.app import Response
from chalicelib.pipeline.fleet.model import at
from chalicelib.pipeline.health.model import Health
from chalicelib.pipeline.reports.model import ReportKind, WindowStart
from msgspec import Meta

from common.http import responses
from common.values import Timestamp

DEFAULT_MINUTES = 15
MAX_MINUTES = 60
PRIVATE = {"Cache-Control": "no-store"}

Count = Annotated[int, Meta(examples=[1200])]


class QueueView(msgspec.Struct, rename="camel", frozen=True):
    """A queue; the numbers are approximate."""

    name: Annotated[str, Meta(examples=["pipeline-local-stream-dead-letters"])]
    waiting: Annotated[int, Meta(description="Messages that wait.", examples=[0])]
    in_flight: Annotated[int, Meta(description="Messages that are being handled.", examples=[0])]


class FailedReportView(msgspec.Struct, frozen=True):
    """A report that could not be made."""

    kind: ReportKind
    window: WindowStart
    state: Annotated[
        str,
        Meta(
            description="`waiting` for its next attempt, `running`, or `parked` after too many failures.",
            examples=["parked"],
        ),
    ]
    reason: Annotated[
        str,
        Meta(
            description="Why the last run failed.",
            examples=["unload: HIVE_BAD_DATA: Not valid Parquet file: s3://bucket/telemetry/event_date=2026-11-27/a"],
        ),
    ]


class HealthView(msgspec.Struct, rename="camel", frozen=True):
    """What came in, what became of it, and what waits."""

    checked_at: Timestamp
    since: Annotated[Timestamp, Meta(description="The arrival from which on records are counted.")]
    received: Annotated[Count, Meta(description="Records that the delivery has received.")]
    delivered: Annotated[Count, Meta(description="Those that became rows.")]
    quarantined: Annotated[
        dict[str, int], Meta(description="Those in quarantine, by reason.", examples=[{"out_of_range": 2}])
    ]
    dropped: Annotated[dict[str, int], Meta(description="Those dropped, by rule.", examples=[{"heartbeat": 12}])]
    failed: Annotated[Count, Meta(description="Those that the delivery could not handle, by a fault of its own.")]
    released: Annotated[Count, Meta(description="Those that an operator put into the stream again.")]
    balanced: Annotated[bool, Meta(description="Whether each record has become exactly one of these.", examples=[True])]
    oldest_waiting_seconds: Annotated[
        float | None,
        Meta(
            description="The age of the oldest record that the delivery has not received; null if none waits.",
            examples=[1.5],
        ),
    ]
    unread_shards: Annotated[
        int,
        Meta(
            description="Of how many shards it is not known what waits: at most 100 are read, for at most 5 seconds.",
            examples=[0],
        ),
    ]
    queues: list[QueueView]
    failed_reports: Annotated[
        list[FailedReportView],
        Meta(description="Reports whose newest data are not in them because runs have failed; the latest 20."),
    ]


class HealthQuery(msgspec.Struct, frozen=True):
    """Which time the counts are of."""

    minutes: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=MAX_MINUTES,
                description=f"Counts the records of the last so many minutes; {DEFAULT_MINUTES} without it.",
            ),
        ]
        | None
    ) = None


def health_response(health: Health) -> Response:
    """Answer with the pipeline's health."""
    counts, oldest = health.counts, health.waiting.oldest_at
    view = HealthView(
        checked_at=at(health.at),
        since=at(health.since),
        received=counts.received,
        delivered=counts.delivered,
        quarantined=counts.quarantined,
        dropped=counts.dropped,
        failed=counts.failed,
        released=counts.released,
        balanced=counts.is_balanced,
        oldest_waiting_seconds=None if oldest is None else max(0.0, (health.at - oldest) / 1000),
        unread_shards=health.waiting.unread_shards,
        queues=[QueueView(queue.name, queue.waiting, queue.in_flight) for queue in health.queues],
        failed_reports=[
            FailedReportView(report.kind.value, report.window.start, report.state, report.reason)
            for report in health.failed_reports
        ],
    )
    return responses.json(view, PRIVATE)
