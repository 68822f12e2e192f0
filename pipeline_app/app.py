"""MyDevices' API, and the functions that events call. What is behind them is put together in composition.py."""

from common.runtime import cold_start  # isort: split

import os
from functools import partial
from typing import Any

from chalice.app import (
    Chalice,
    CloudWatchEvent,
    CognitoUserPoolAuthorizer,
    DynamoDBEvent,
    KinesisEvent,
    Rate,
    SQSEvent,
)
from chalicelib.pipeline.composition import PipelineApp
from chalicelib.pipeline.fleet.routes import routes as fleet_routes
from chalicelib.pipeline.health.routes import routes as health_routes
from chalicelib.pipeline.problems import PROBLEMS
from chalicelib.pipeline.reports.routes import routes as report_routes
from chalicelib.pipeline.routes import routes as public_routes
from chalicelib.pipeline.settings import Settings

from common.http.api import Api
from common.runtime import logs
from common.runtime.batches import Batch
from common.runtime.settings import load

settings = load(Settings, os.environ)
log = logs.logger("pipeline")
app = Chalice(app_name="pipeline", configure_logs=False)
pipeline_app = PipelineApp(settings, log)
users = CognitoUserPoolAuthorizer("users", [settings.user_pool_arn])

api = Api(app, authorizer=users, errors=PROBLEMS, log=log, title="MyDevices")
api.include(fleet_routes, pipeline_app)
api.include(health_routes, pipeline_app)
api.include(report_routes, pipeline_app)
api.include(public_routes, pipeline_app)
api.refuse_other_methods()


@app.on_kinesis_record(
    stream=settings.telemetry_stream_name, batch_size=10_000, starting_position="TRIM_HORIZON", name="update_fleet"
)
def update_fleet(event: KinesisEvent) -> dict[str, Any]:
    """Follow the devices' messages: their latest state, their minutes, alerts."""
    from chalicelib.pipeline.fleet.events import apply_all  # noqa: PLC0415 - the API applies no messages

    batch = Batch(event.to_dict()["Records"], log, pipeline_app.dead_letters)
    apply_all(batch, pipeline_app.fleet_updates)
    return batch.response()


@app.schedule(Rate(1, unit=Rate.MINUTES), name="watch_fleet")
def watch_fleet(event: CloudWatchEvent) -> None:
    """Find the devices that have fallen silent, and count the fleet."""
    summary = pipeline_app.fleet_watch.run()
    log.info("fleet", extra={"online": summary.online, "silent": summary.silent})


@app.on_dynamodb_record(
    stream_arn=settings.alerts_stream_arn, batch_size=100, starting_position="TRIM_HORIZON", name="publish_alerts"
)
def publish_alerts(event: DynamoDBEvent) -> dict[str, Any]:
    """Tell the topic's subscribers of alerts that were raised or cleared."""
    from chalicelib.pipeline.fleet.events import publish_all  # noqa: PLC0415 - the API publishes nothing

    batch = Batch(event.to_dict()["Records"], log, pipeline_app.dead_letters)
    publish_all(batch, pipeline_app.alert_topic)
    return batch.response()


@app.lambda_function(name="transform")
def transform(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Transform a batch of the delivery stream: rows of the telemetry table, quarantine, counts."""
    return {"records": pipeline_app.transform.run(event["records"])}


@app.on_sqs_message(queue=settings.objects_queue_url.rpartition("/")[2], batch_size=10, name="note_objects")
def note_objects(event: SQSEvent) -> dict[str, Any]:
    """Note new objects of telemetry for the windows that they belong to."""
    from chalicelib.pipeline.reports.noting import objects_of  # noqa: PLC0415 - the API notes nothing

    batch = Batch(event.to_dict()["Records"], log)
    for record, objects in batch.read(objects_of):
        batch.handle(record, pipeline_app.report_noting.note, objects)
    return batch.response()


@app.schedule(Rate(1, unit=Rate.MINUTES), name="start_reports")
def start_reports(event: CloudWatchEvent) -> None:
    """Start the reports that are due, and find what was lost."""
    summary = pipeline_app.report_starting.run()
    counts = {"windows": summary.windows, "changedMeanwhile": summary.conflicts, "throttled": summary.busy}
    log.info("reports that are due", extra=counts)


@app.on_sqs_message(queue=settings.query_events_queue_url.rpartition("/")[2], batch_size=10, name="finish_report")
def finish_report(event: SQSEvent) -> dict[str, Any]:
    """Take the next step of the reports whose queries have ended."""
    from chalicelib.pipeline.reports.finishing import ended_query_of  # noqa: PLC0415 - the API follows no queries

    batch = Batch(event.to_dict()["Records"], log)
    for record, query_id in batch.read(ended_query_of):
        report = batch.handle(record, pipeline_app.report_finishing.follow, query_id)
        if report:
            log.info("report", extra=report.log_fields)
    return batch.response()


@app.on_sqs_message(queue=settings.manifests_queue_url.rpartition("/")[2], batch_size=10, name="load_warehouse")
def load_warehouse(event: SQSEvent) -> dict[str, Any]:
    """Load the reports whose manifests have been written."""
    from chalicelib.pipeline.warehouse.loading import loads_of  # noqa: PLC0415 - the API loads nothing

    batch = Batch(event.to_dict()["Records"], log)
    for record, loads in batch.read(loads_of):
        for one in loads:
            statement = batch.handle(record, pipeline_app.loading.load, one)
            if statement:
                log.info("load", extra={**one.log_fields, "state": "loading", "statement": statement})
    return batch.response()


@app.on_sqs_message(queue=settings.load_events_queue_url.rpartition("/")[2], batch_size=10, name="finish_load")
def finish_load(event: SQSEvent) -> dict[str, Any]:
    """Note the loads that have ended, and retry those that have failed."""
    from chalicelib.pipeline.warehouse.finishing import ended_statement_of  # noqa: PLC0415 - as above

    batch = Batch(event.to_dict()["Records"], log)
    for record, (statement, name) in batch.read(ended_statement_of):
        known = batch.handle(record, partial(pipeline_app.load_finishing.finish, statement), name)
        if known:
            log.info("load", extra=known.log_fields)
    return batch.response()


cold_start.ready()
