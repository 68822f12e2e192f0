"""Composition root: the one place where adapters meet the domain, for the functions.

What only some functions need is imported when they first use it, so that the others start without it.
"""

import logging
import time
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from chalicelib.pipeline.fleet.alert_table import AlertTable
from chalicelib.pipeline.fleet.device_table import DeviceTable
from chalicelib.pipeline.fleet.minute_table import MinuteTable
from chalicelib.pipeline.fleet.views import FleetViews
from chalicelib.pipeline.reports.reading import Reading
from chalicelib.pipeline.reports.result_bucket import ResultBucket
from chalicelib.pipeline.reports.views import ReportViews
from chalicelib.pipeline.reports.window_table import WindowTable
from chalicelib.pipeline.settings import Settings

from common.aws import clients
from common.aws.dead_letters import DeadLetterQueue
from common.http.cursors import Cursors

if TYPE_CHECKING:
    from chalicelib.pipeline.delivery.transform import Transform
    from chalicelib.pipeline.fleet.alert_topic import AlertTopic
    from chalicelib.pipeline.fleet.updates import FleetUpdates
    from chalicelib.pipeline.fleet.watch import FleetWatch
    from chalicelib.pipeline.health.report import HealthReport
    from chalicelib.pipeline.reports.athena_queries import AthenaQueries
    from chalicelib.pipeline.reports.finishing import Finishing
    from chalicelib.pipeline.reports.noting import Noting
    from chalicelib.pipeline.reports.runs import Runs
    from chalicelib.pipeline.reports.schedule import Schedule
    from chalicelib.pipeline.reports.starting import Starting
    from chalicelib.pipeline.warehouse.data_api import WarehouseStatements
    from chalicelib.pipeline.warehouse.finishing import Finishing as LoadFinishing
    from chalicelib.pipeline.warehouse.load_queues import LoadQueues
    from chalicelib.pipeline.warehouse.load_table import LoadTable
    from chalicelib.pipeline.warehouse.loading import Loading

Client = Callable[[], Any]


class PipelineApp:
    """The use cases, each made when it is first used."""

    def __init__(self, settings: Settings, log: logging.Logger) -> None:
        self.settings = settings
        self._log = log
        dynamodb = self._client("dynamodb")
        self.devices = DeviceTable(dynamodb, settings.devices_table_name, settings.alerts_table_name)
        self.minutes = MinuteTable(dynamodb, settings.minutes_table_name)
        self.alerts = AlertTable(dynamodb, settings.alerts_table_name)
        self.report_windows = WindowTable(dynamodb, settings.windows_table_name)
        self.report_results = ResultBucket(self._client("s3"), settings.reports_bucket_name)

    @staticmethod
    def now() -> int:
        """Return the time in milliseconds since 1970."""
        return int(time.time() * 1000)

    @cached_property
    def fleet_updates(self) -> "FleetUpdates":
        """The use case that follows the stream."""
        from chalicelib.pipeline.fleet.updates import FleetUpdates

        return FleetUpdates(self.devices, self.minutes)

    @cached_property
    def fleet_watch(self) -> "FleetWatch":
        """The use case that finds silent devices."""
        from chalicelib.pipeline.fleet.watch import FleetWatch

        return FleetWatch(
            states=self.devices,
            watch_list=self.devices,
            open_alerts=self.alerts,
            summaries=self.minutes,
            silence_ms=self.settings.silence_seconds * 1000,
            now=self.now,
        )

    @cached_property
    def transform(self) -> "Transform":
        """The use case of the delivery stream's function."""
        from chalicelib.pipeline.delivery.batch_table import BatchTable
        from chalicelib.pipeline.delivery.quarantine_bucket import QuarantineBucket
        from chalicelib.pipeline.delivery.transform import Transform

        return Transform(
            QuarantineBucket(self._client("s3"), self.settings.quarantine_bucket_name),
            BatchTable(self._client("dynamodb"), self.settings.batches_table_name, time.time),
            self._log,
        )

    @cached_property
    def alert_topic(self) -> "AlertTopic":
        """Where alerts are published."""
        from chalicelib.pipeline.fleet.alert_topic import AlertTopic

        return AlertTopic(self._client("sns"), self.settings.alerts_topic_arn)

    @cached_property
    def fleet_views(self) -> FleetViews:
        """The fleet over HTTP."""
        cursors = Cursors(clients.secret(self.settings.cursor_secret_arn, self.settings.aws_region))
        return FleetViews(self.settings.public_url, cursors)

    @cached_property
    def health(self) -> "HealthReport":
        """The use case that says what came in and what waits."""
        from chalicelib.pipeline.health.batch_table import BatchTable
        from chalicelib.pipeline.health.queue_depths import QueueDepths
        from chalicelib.pipeline.health.report import HealthReport
        from chalicelib.pipeline.health.stream_position import StreamPosition

        return HealthReport(
            batches=BatchTable(self._client("dynamodb"), self.settings.batches_table_name),
            stream=StreamPosition(self._client("kinesis"), self.settings.telemetry_stream_name, self.now),
            queues=QueueDepths(self._client("sqs"), self.settings.health_queues.split()),
            reports=self.report_windows,
            now=self.now,
        )

    @cached_property
    def report_views(self) -> ReportViews:
        """The reports over HTTP."""
        cursors = Cursors(clients.secret(self.settings.cursor_secret_arn, self.settings.aws_region))
        return ReportViews(self.settings.public_url, cursors)

    @cached_property
    def report_reading(self) -> Reading:
        """Reports for readers."""
        return Reading(self.report_windows, self.report_results)

    @cached_property
    def report_noting(self) -> "Noting":
        """The use case that notes new objects."""
        from chalicelib.pipeline.reports.noting import Noting

        return Noting(self.report_windows, self.now)

    @cached_property
    def report_starting(self) -> "Starting":
        """The use case that starts reports."""
        from chalicelib.pipeline.reports.starting import Starting

        return Starting(
            windows=self.report_windows,
            queries=self._queries,
            runs=self._runs,
            schedule=self._schedule,
            now=self.now,
        )

    @cached_property
    def report_finishing(self) -> "Finishing":
        """The use case that follows queries."""
        from chalicelib.pipeline.reports.finishing import Finishing

        return Finishing(self._queries, self._runs)

    @cached_property
    def loading(self) -> "Loading":
        """The use case that loads a report into the warehouse."""
        from chalicelib.pipeline.warehouse.loading import Loading
        from chalicelib.pipeline.warehouse.manifest_bucket import ManifestBucket

        return Loading(
            manifests=ManifestBucket(self._client("s3"), self.settings.reports_bucket_name),
            loads=self.loads,
            statements=self._statements,
            queue=self._load_queues,
            workgroup=self.settings.warehouse_name,
            bucket=self.settings.reports_bucket_name,
            copy_role=self.settings.warehouse_copy_role_arn,
        )

    @cached_property
    def load_finishing(self) -> "LoadFinishing":
        """The use case that follows loads."""
        from chalicelib.pipeline.warehouse.finishing import Finishing

        return Finishing(
            loads=self.loads,
            statements=self._statements,
            queue=self._load_queues,
            workgroup=self.settings.warehouse_name,
            retry_seconds=self.settings.load_retry_seconds,
        )

    @cached_property
    def loads(self) -> "LoadTable":
        """The newest load of each report."""
        from chalicelib.pipeline.warehouse.load_table import LoadTable

        return LoadTable(self._client("dynamodb"), self.settings.loads_table_name, self.now)

    @cached_property
    def _statements(self) -> "WarehouseStatements":
        from chalicelib.pipeline.warehouse.data_api import WarehouseStatements

        names = self.settings.warehouse_name, self.settings.warehouse_database
        return WarehouseStatements(self._client("redshift-data"), *names)

    @cached_property
    def _load_queues(self) -> "LoadQueues":
        from chalicelib.pipeline.warehouse.load_queues import LoadQueues

        urls = self.settings.manifests_queue_url, self.settings.load_events_queue_url
        return LoadQueues(self._client("sqs"), *urls)

    @cached_property
    def _runs(self) -> "Runs":
        from chalicelib.pipeline.reports.runs import Runs

        return Runs(
            windows=self.report_windows,
            queries=self._queries,
            bucket=self.report_results,
            bucket_name=self.settings.reports_bucket_name,
            schedule=self._schedule,
            now=self.now,
        )

    @cached_property
    def _queries(self) -> "AthenaQueries":
        from chalicelib.pipeline.reports.athena_queries import AthenaQueries

        return AthenaQueries(self._client("athena"), self.settings.workgroup_name, self.settings.catalog_name)

    @cached_property
    def _schedule(self) -> "Schedule":
        from chalicelib.pipeline.reports.schedule import Schedule

        return Schedule(
            grace_ms=self.settings.report_grace_seconds * 1000,
            provisional_hour_ms=self.settings.provisional_hour_seconds * 1000,
            provisional_day_ms=self.settings.provisional_day_seconds * 1000,
            late_ms=self.settings.late_report_seconds * 1000,
            late_age_percent=self.settings.late_report_age_percent,
        )

    @cached_property
    def dead_letters(self) -> DeadLetterQueue:
        """The dead-letter queue of records that can never be handled."""
        return DeadLetterQueue(self._client("sqs"), self.settings.stream_dead_letters_url)

    def _client(self, service: str) -> Client:
        return partial(clients.client, service, self.settings.aws_region)
