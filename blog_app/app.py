"""MyBlog's API, and the functions that events call. What is behind them is put together in composition.py."""

from common.runtime import cold_start  # isort: split

import os
from functools import partial
from typing import Any

from chalice.app import (
    Chalice,
    CloudWatchEvent,
    CognitoUserPoolAuthorizer,
    DynamoDBEvent,
    Rate,
    S3Event,
    SNSEvent,
    SQSEvent,
)
from chalicelib.blog.composition import Blog
from chalicelib.blog.errors import NotHomeRegion
from chalicelib.blog.mailings.routes import routes as mailing_routes
from chalicelib.blog.photos import events as photo_events
from chalicelib.blog.photos.object_keys import UPLOADS
from chalicelib.blog.photos.routes import routes as photo_routes
from chalicelib.blog.posts import routes as post_routes
from chalicelib.blog.problems import PROBLEMS
from chalicelib.blog.routes import routes as public_routes
from chalicelib.blog.search.routes import routes as search_routes
from chalicelib.blog.settings import Settings
from chalicelib.blog.subscribers import events as subscriber_events
from chalicelib.blog.subscribers.routes import routes as subscriber_routes
from chalicelib.blog.views import problem_page

from common.http.api import Api
from common.runtime import batches, logs
from common.runtime.batches import Batch
from common.runtime.deadlines import seconds_left
from common.runtime.s3_events import object_keys
from common.runtime.settings import load

settings = load(Settings, os.environ)
log = logs.logger("blog")
app = Chalice(app_name="blog", configure_logs=False)
blog = Blog(settings, log)
api = Api(
    app,
    authorizer=CognitoUserPoolAuthorizer("users", [settings.user_pool_arn]),
    errors=PROBLEMS,
    log=log,
    title="MyBlog",
    problem_page=partial(problem_page, blog.site),
    before_writing=blog.home_region.require,
    writing_raises=(NotHomeRegion,),
)
api.include(post_routes.readers, blog)
api.include(search_routes, blog)
api.include(public_routes, blog)
api.include(subscriber_routes, blog)
api.include(post_routes.authors, blog)
api.include(mailing_routes, blog)
api.include(photo_routes, blog)
api.refuse_other_methods()


@app.on_dynamodb_record(
    stream_arn=settings.table_stream_arn, batch_size=100, starting_position="TRIM_HORIZON", name="publish"
)
def publish(event: DynamoDBEvent) -> dict[str, Any]:
    """Make the site match the posts, after each change of a post or a photo."""
    from chalicelib.blog.publishing import events  # noqa: PLC0415 - the API renders no site

    batch = Batch(event.to_dict()["Records"], log, blog.dead_letters)
    events.publish(batch, blog.publisher, settings.aws_region, log, blog.mail_post)
    return batch.response()


@app.on_dynamodb_record(
    stream_arn=settings.subscriber_stream_arn, batch_size=10, starting_position="TRIM_HORIZON", name="welcome"
)
def welcome(event: DynamoDBEvent) -> dict[str, Any]:
    """Send a welcome mail to everybody who has subscribed. Both regions get these records; the home region sends."""
    batch = Batch(event.to_dict()["Records"], log, blog.dead_letters)
    # The other region skips the records. If home moves meanwhile, claiming a mail fails.
    if blog.home_region.is_here():
        left = partial(seconds_left, event.context)
        subscriber_events.send_welcome_mails(batch, blog.welcome, left, log)
    return batch.response()


@app.on_sqs_message(queue=settings.mail_queue_url.rpartition("/")[2], batch_size=1, name="send_mails")
def send_mails(event: SQSEvent) -> dict[str, Any]:
    """Mail new posts to subscribers, and send the welcome mails that have to wait."""
    from chalicelib.blog.mailings import events  # noqa: PLC0415 - the API sends no mail

    def send(record: batches.Record) -> None:
        left = partial(seconds_left, event.context)
        kind, outcome = events.send_mails(record["body"], blog.mailings, blog.welcome, left)
        log.info("mails", extra={"task": kind, "outcome": outcome})

    return batches.handle_each(event.to_dict()["Records"], send, log)


@app.on_sns_message(topic=settings.mail_events_topic_arn, name="suppress")
def suppress(event: SNSEvent) -> None:
    """Send no more mail to addresses that bounced permanently or complained."""
    for address in subscriber_events.addresses_to_suppress(event.message):
        log.info("suppressed", extra={"known": blog.subscriptions.suppress(address)})


@app.on_s3_event(
    bucket=settings.uploads_bucket_name,
    events=["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
    prefix=UPLOADS,
    name="make_thumbnails",
)
def make_thumbnails(event: S3Event) -> None:
    """Make the renditions of uploaded photos, and remove those of deleted ones."""
    for key in object_keys(event.to_dict()):
        log.info("upload", extra={"key": key, "outcome": blog.thumbnails.sync(key)})


@app.on_sqs_message(queue=settings.thumbnails_queue_name, batch_size=10, name="catalogue_photos")
def catalogue_photos(event: SQSEvent) -> dict[str, Any]:
    """Record the renditions that were made of photos, so that pages can show them, and which could not be made."""

    def catalogue(record: batches.Record) -> None:
        message = photo_events.read_message(record["body"])
        for photo_id in message.announced:
            log.info("photo", extra={"photo": photo_id, "outcome": blog.catalogue.sync(photo_id)})
        for photo_id in message.failed:
            log.error("photo failed", extra={"photo": photo_id, "outcome": blog.catalogue.give_up(photo_id)})

    return batches.handle_each(event.to_dict()["Records"], catalogue, log)


@app.schedule(Rate(1, unit=Rate.MINUTES), name="publish_scheduled")
def publish_scheduled(event: CloudWatchEvent) -> None:
    """Publish the posts whose time has come. Both regions have this schedule; the home region publishes."""
    if blog.home_region.is_here() and (published := blog.posts.publish_due()):
        log.info("published as scheduled", extra={"posts": published})


cold_start.ready()
