"""MyVideos' API, and the functions that events call. What is behind them is put together in composition.py."""

from common.runtime import cold_start  # isort: split

import os
from typing import Any

from chalice.app import Chalice, CognitoUserPoolAuthorizer, DynamoDBEvent, S3Event, SQSEvent
from chalicelib.video.catalogue.content import CONTENT, MANIFEST
from chalicelib.video.catalogue.routes import routes as catalogue_routes
from chalicelib.video.composition import VideoApp
from chalicelib.video.entitlements.routes import routes as entitlement_routes
from chalicelib.video.payments.routes import public_routes as public_payment_routes
from chalicelib.video.payments.routes import routes as payment_routes
from chalicelib.video.playback.events import IssuedLink, issued_link
from chalicelib.video.playback.routes import routes as playback_routes
from chalicelib.video.problems import PROBLEMS
from chalicelib.video.routes import routes as public_routes
from chalicelib.video.settings import Settings

from common.http.api import Api
from common.runtime import logs
from common.runtime.batches import PERMANENT, Batch
from common.runtime.s3_events import object_keys
from common.runtime.settings import load

settings = load(Settings, os.environ)
log = logs.logger("video")
app = Chalice(app_name="video", configure_logs=False)
video_app = VideoApp(settings, log)
users = CognitoUserPoolAuthorizer("users", [settings.user_pool_arn])

api = Api(app, authorizer=users, errors=PROBLEMS, log=log, title="MyVideos")
api.include(catalogue_routes, video_app)
api.include(public_routes, video_app)
api.include(playback_routes, video_app)
api.include(entitlement_routes, video_app)
api.include(payment_routes, video_app)
api.include(public_payment_routes, video_app)
api.refuse_other_methods()


@app.on_dynamodb_record(
    stream_arn=settings.plays_stream_arn, batch_size=100, starting_position="TRIM_HORIZON", name="record_plays"
)
def record_plays(event: DynamoDBEvent) -> dict[str, Any]:
    """Record every link that was issued."""

    def record(link: IssuedLink | None) -> None:
        if link:
            video_app.records.add(link.owner, link.version, link.record)

    batch = Batch(event.to_dict()["Records"], log, video_app.dead_letters)
    for change, link in batch.read(issued_link):
        batch.handle(change, record, link, permanent=PERMANENT)
    return batch.response()


@app.on_sqs_message(queue=settings.payment_events_queue_url.rpartition("/")[2], batch_size=10, name="apply_payment")
def apply_payment(event: SQSEvent) -> dict[str, Any]:
    """Apply the payment provider's events, those of one subject in their order."""
    from chalicelib.video.payments.events import apply_all  # noqa: PLC0415 - the API applies no events

    batch = Batch(event.to_dict()["Records"], log, video_app.payment_dead_letters)
    apply_all(batch, video_app.payment_event_reader.read, video_app.payment_events)
    return batch.response()


@app.on_s3_event(
    bucket=settings.content_bucket_name,
    events=["s3:ObjectCreated:*"],
    prefix=CONTENT,
    suffix=MANIFEST,
    name="complete_video",
)
def complete_video(event: S3Event) -> None:
    """Show a video in the catalogue when its manifest and all that it names have arrived."""
    for key in object_keys(event.to_dict()):
        log.info("manifest", extra={"outcome": video_app.registration.complete(key).value})


cold_start.ready()
