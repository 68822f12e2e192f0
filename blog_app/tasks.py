"""Operators' commands of blog_app: `python -m deploy task blog_app NAME`."""

import hashlib
import secrets
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.blog.composition import Tables, mail_queue, subscriber_table
from chalicelib.blog.dynamodb_items import get_item, primary_key
from chalicelib.blog.errors import NotHomeRegion, SlugTaken
from chalicelib.blog.home_region import HOME, MOVING, Marker
from chalicelib.blog.mailings.model import MAILING_SECONDS
from chalicelib.blog.photos.model import PhotoRecord
from chalicelib.blog.photos.object_keys import UPLOADS
from chalicelib.blog.posts.model import NewPost, Post, new_post
from chalicelib.blog.posts.post_table import PostTable
from chalicelib.blog.publishing.model import Report
from chalicelib.blog.publishing.publishing_table import PUBLISHING, RENDERED, REPORT, REQUEST
from chalicelib.blog.publishing.rendering_version import rendering_version
from chalicelib.blog.subscribers.subscriber_table import SUBSCRIBER, decoded

from common.redrive.redriving import queue_urls, redrive_named
from common.redrive.table_records import TableRecords
from common.values import timestamp

DEMO = Path(__file__).parent / "demo"
RENDERING_SECONDS = 150
REPLICATION_SECONDS = 120
MARGIN_SECONDS = 2


def seed(context: Any) -> None:
    """Publish the demo posts and wait for their pages. A second run changes nothing."""
    tables = _tables(context, context.region)
    photos = {file.stem: _photo_id(file) for file in sorted(DEMO.glob("photos/*.jpg"))}
    added = False
    for file in sorted(DEMO.glob("*.md")):
        facts, body = _read(file)
        if file.stem in photos:
            _upload(context, tables, file.stem, photo_id=photos[file.stem], alt=facts["photo"])
        added |= _add(tables.posts, _post(file.stem, facts, body, photos))
    if added:
        # The request is in the stream after the posts. So the site is complete when this task ends.
        render_all(context)


def render_all(context: Any) -> str:
    """Have the function `publish` render the whole site, and report what was not up to date."""
    return _render_all(context, context.region)


def after_deployment(context: Any) -> str | None:
    """Render the whole site in each region if what renders it has changed: posts are rendered only when they change."""
    version = rendering_version(context.outputs)
    regions = dict.fromkeys([context.region, context.outputs.get("PeerRegion", context.region)])
    changes = [change for region in regions if (change := _render_with(context, region, version))]
    return "; ".join(changes) or None


def _render_with(context: Any, region: str, version: str) -> str:
    """Render a region's site unless it was rendered with this version."""
    key = {"TableName": context.outputs["TableName"], "Key": primary_key(PUBLISHING + region, RENDERED)}
    client = context.client("dynamodb", region)
    rendered = client.get_item(**key, ConsistentRead=True).get("Item")
    if rendered and rendered["version"]["S"] == version:
        return ""
    report = _render_all(context, region).splitlines()[0]
    client.put_item(TableName=key["TableName"], Item={**key["Key"], "version": {"S": version}})
    return f"site in {region}: {report}"


def _render_all(context: Any, region: str) -> str:
    client, table = context.client("dynamodb", region), context.outputs["TableName"]
    request = secrets.token_hex(8)
    notes = PUBLISHING + region
    client.put_item(TableName=table, Item={**primary_key(notes, REQUEST), "request": {"S": request}})
    deadline = time.monotonic() + RENDERING_SECONDS
    while time.monotonic() < deadline:
        report = get_item(client, table, primary_key(notes, REPORT))
        if report and report["request"]["S"] == request:
            return _summary(msgspec.json.decode(report["data"]["S"], type=Report))
        time.sleep(0.2)
    raise TimeoutError(f"no report after {RENDERING_SECONDS} s; the log of the function `publish` says why")


def move_home(context: Any) -> str:
    """Have this region take the writes: `python -m deploy task --region REGION blog_app move_home`.

    A home that can be reached stops taking writes first. This region begins to take writes when all writes of the old
    home have arrived. Writes that an unreachable home has not replicated arrive when it is back.
    """
    own, other = context.region, context.outputs["PeerRegion"]
    if own == other:
        return "this stage has one region only"
    home = _tables(context, own).home_region
    before = home.marker()
    marker = Marker(own, before.epoch + (before.region != own))
    lines = []
    if before.region != own:
        try:
            # Not this region yet: the marker is replicated too, perhaps before other items.
            _tables(context, other).home_region.write(Marker(MOVING, marker.epoch))
            _await_replication(context, other, marker)
        except (BotoCoreError, ClientError) as error:
            if not _is_away(error):
                raise
            lines.append(
                f"{other} cannot be reached ({type(error).__name__}): its unreplicated writes arrive when it is back"
            )
        home.write(marker)
    _route_writes_to(context, own)
    owed, mailings = _request_mails(context), _request_mailings(context)
    return "\n".join(
        [
            *lines,
            f"{own} takes the writes (epoch {marker.epoch}); welcome mails that were not sent, requested: {owed};"
            f" mailings of posts, resumed: {mailings}",
        ]
    )


def index_subscribers(context: Any) -> str:
    """Put the subscribers who confirmed before posts were mailed into the index of confirmed subscribers."""
    client, table, added = context.client("dynamodb"), context.outputs["SubscriberTableName"], 0
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            is_missing = item["sk"]["S"] == "subscriber" and "confirmedShard" not in item
            if is_missing and (subscriber := decoded(item)).state == "confirmed":
                # Without a change this writes what the table lacks, unless the subscriber has changed meanwhile.
                added += subscriber_table(lambda: client, table).put(subscriber, subscriber)
    return f"subscribers put into the index: {added}"


def redrive(context: Any, queue: str) -> str:
    """Handle again what is in a dead-letter queue, after its cause is mended: `Stream`, `Mail` or `Photo`."""
    return redrive_named(queue, queue_urls(context.outputs), context.client, TableRecords(context.client))


def _is_away(error: BotoCoreError | ClientError) -> bool:
    """Whether a region does not respond. A region that refuses a request responds, and would still take writes."""
    if isinstance(error, ClientError):
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500)
    return isinstance(error, BotoConnectionError | HTTPClientError)


def stack_parameters(context: Any) -> dict[str, str]:
    """Return the stack's parameter for the home region, so that a deployment does not move it."""
    region = _tables(context, context.region).home_region.marker().region
    return {"HomeRegion": region if region != context.region and region == context.outputs["PeerRegion"] else ""}


def _tables(context: Any, region: str) -> Tables:
    """Return the posts table in one region."""
    return Tables(
        lambda: context.client("dynamodb", region),
        posts_table=context.outputs["TableName"],
        region=region,
        primary_region=context.outputs.get("PrimaryRegion", context.region),
    )


def _await_replication(context: Any, source: str, marker: Marker) -> None:
    """Wait until an item that the old home writes after its last write has arrived, and MARGIN_SECONDS more.

    DynamoDB usually replicates a write within a second, and in no guaranteed order:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
    """
    for table in _table_names(context):
        context.client("dynamodb", source).put_item(TableName=table, Item=_moved_key(marker))
    deadline = time.monotonic() + REPLICATION_SECONDS
    while not _has_arrived(context, marker):
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"{source} takes no more writes, but its last writes have not arrived. Run this task again."
            )
        time.sleep(0.1)
    time.sleep(MARGIN_SECONDS)


def _has_arrived(context: Any, marker: Marker) -> bool:
    """Whether the last item of the former home has arrived."""
    client, key = context.client("dynamodb"), _moved_key(marker)
    return all(get_item(client, table, key) for table in _table_names(context))


def _moved_key(marker: Marker) -> dict[str, Any]:
    return primary_key(HOME, f"moved#{marker.epoch}")


def _table_names(context: Any) -> list[str]:
    return [context.outputs["TableName"], context.outputs["SubscriberTableName"]]


def _route_writes_to(context: Any, region: str) -> None:
    """Have the distribution send writes to this region, and reads to it first, as the template does for the primary."""
    client, distribution = context.client("cloudfront"), context.outputs["DistributionId"]
    answer = client.get_distribution_config(Id=distribution)
    config, is_primary = answer["DistributionConfig"], region == context.outputs["PrimaryRegion"]
    for behavior in config["CacheBehaviors"].get("Items", []):
        if behavior["TargetOriginId"] in ("api", "api-replica"):
            behavior["TargetOriginId"] = "api" if is_primary else "api-replica"
    for group in config["OriginGroups"].get("Items", []):
        group["Members"]["Items"].sort(key=lambda member: member["OriginId"].endswith("-replica") == is_primary)
    client.update_distribution(Id=distribution, IfMatch=answer["ETag"], DistributionConfig=config)


def _request_mails(context: Any) -> int:
    """Request the welcome mails that were not sent: this region skipped their records before it was home.

    Each request changes a subscriber's item, so that the stream delivers it again. Returns the number of requests.
    """
    client, table = context.client("dynamodb"), context.outputs["SubscriberTableName"]
    settled, subscribers = set(), []
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            if item["sk"]["S"] == "subscriber":
                subscribers.append(decoded(item))
            elif "outcome" in item:
                settled.add((item["pk"]["S"], item["sk"]["S"]))
    owed = [
        one
        for one in subscribers
        if one.state == "pending" and (SUBSCRIBER + one.id, f"welcome#{one.round}") not in settled
    ]
    for one in owed:
        client.update_item(
            TableName=table,
            Key=primary_key(SUBSCRIBER + one.id, "subscriber"),
            UpdateExpression="SET asked = :once",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":once": {"S": secrets.token_hex(8)}},
        )
    return len(owed)


def _request_mailings(context: Any) -> int:
    """Resume the mailings of new posts. One that has ended stays ended; returns how many were requested."""
    posts = _tables(context, context.region).posts
    queue = mail_queue(lambda: context.client("sqs"), context.outputs["MailQueueUrl"])
    oldest, requested, after = timestamp(datetime.now(UTC) - timedelta(seconds=MAILING_SECONDS)), 0, None
    while True:
        page = posts.page("published", 100, after)
        recent = [post for post in page.items if (post.published_at or "") >= oldest]
        for post in recent:
            if post.is_mailed:
                queue.put_mailing(post.id)
                requested += 1
        if (after := page.next_after) is None or len(recent) < len(page.items):
            return requested


def _summary(report: Report) -> str:
    lines = [f"objects changed: {report.changed}", *report.first] if report.changed else []
    lines += ["not rendered (the log of the function `publish` says why):", *report.failed] if report.failed else []
    return "\n".join(lines) or "everything was up to date"


def _add(table: PostTable, post: Post) -> bool:
    """Add a post; False if it exists, or if this region is not home."""
    try:
        table.add(post)
    except (SlugTaken, NotHomeRegion):
        return False
    return True


def _upload(context: Any, tables: Tables, name: str, *, photo_id: str, alt: str) -> None:
    """Upload one photo. As for an author's photo, S3's event makes its renditions and has them catalogued."""
    if tables.photos.find(photo_id) is not None:
        return
    now = timestamp(datetime.now(UTC))
    record = PhotoRecord(
        id=photo_id, status="waiting", file_name=f"{name}.jpg", alt=alt, created_at=now, updated_at=now
    )
    tables.photos.add(record)
    content = (DEMO / "photos" / f"{name}.jpg").read_bytes()
    bucket, key = context.outputs["UploadsBucketName"], UPLOADS + photo_id
    context.client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="image/jpeg")


def _photo_id(file: Path) -> str:
    """Return the same id for the same file. It is older than the ids of all other photos."""
    return f"{1:012x}{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"


def _read(file: Path) -> tuple[dict[str, str], str]:
    """Read one demo post: lines of `name: value`, an empty line, Markdown."""
    head, _, body = file.read_text().partition("\n\n")
    return dict(line.split(": ", 1) for line in head.splitlines()), body.strip()


def _post(slug: str, facts: Mapping[str, str], body: str, photos: Mapping[str, str]) -> Post:
    """Make a published post; its text names photos by their files."""
    for name, photo_id in photos.items():
        body = body.replace(f"(photo:{name}", f"(photo:{photo_id}")
    new = NewPost(
        title=facts["title"],
        summary=facts["summary"],
        body_markdown=body,
        tags=facts["tags"].split(", "),
        slug=slug,
        author=facts["author"],
        cover_photo_id=photos.get(slug),
    )
    draft = new_post(new, _morning(facts["date"]))
    revised_at = timestamp(_morning(facts["revised"])) if "revised" in facts else None
    return msgspec.structs.replace(draft, status="published", published_at=draft.created_at, revised_at=revised_at)


def _morning(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(hour=7, tzinfo=UTC)
