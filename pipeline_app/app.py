"""MyDevices' API, and the functions that events call. What is behind them is put together in composition.py."""

from common.runtime import cold_start  # isort: split

import os
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, CognitoUserPoolAuthorizer, DynamoDBEvent, KinesisEvent, Rate
from chalicelib.pipeline.composition import PipelineApp
from chalicelib.pipeline.fleet.routes import routes as fleet_routes
from chalicelib.pipeline.health.routes import routes as health_routes
from chalicelib.pipeline.problems import PROBLEMS
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


cold_start.ready()
