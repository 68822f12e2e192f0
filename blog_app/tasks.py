"""Operators' commands of blog_app: `python -m deploy task blog_app NAME`."""

import hashlib
import secrets
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.blog.errors import SlugTaken
from chalicelib.blog.model import NewPost, PhotoRecord, Post, new_post, timestamp
from chalicelib.blog.photo_table import PhotoTable
from chalicelib.blog.ports import UPLOADS
from chalicelib.blog.table import PUBLISHING, REPORT, REQUEST, PostTable, primary_key

DEMO = Path(__file__).parent / "demo"
RENDERING_SECONDS = 150


def seed(context: Any) -> None:
    """Publish the demo posts; again, it changes nothing."""
    table = PostTable(lambda: context.client("dynamodb"), context.outputs["TableName"])
    photos = {file.stem: _photo_id(file) for file in sorted(DEMO.glob("photos/*.jpg"))}
    for file in sorted(DEMO.glob("*.md")):
        facts, body = _read(file)
        if file.stem in photos:
            _upload(context, photos[file.stem], file.stem, facts["photo"])
        _publish(table, _post(file.stem, facts, body, photos))


def render_all(context: Any) -> str:
    """Render the whole site anew, by the function that always does, and say what was not as it should be."""
    client, table = context.client("dynamodb"), context.outputs["TableName"]
    request = secrets.token_hex(8)
    client.put_item(TableName=table, Item={**primary_key(PUBLISHING, REQUEST), "request": {"S": request}})
    deadline = time.monotonic() + RENDERING_SECONDS
    while time.monotonic() < deadline:
        report = client.get_item(TableName=table, Key=primary_key(PUBLISHING, REPORT), ConsistentRead=True).get("Item")
        if report and report["request"]["S"] == request:
            return _told([path["S"] for path in report["paths"]["L"]])
        time.sleep(0.2)
    return f"no report after {RENDERING_SECONDS} s; the log of the function `publish` says why"


def _told(keys: list[str]) -> str:
    return "\n".join(["changed:", *keys]) if keys else "everything was as it should be"


def _publish(table: PostTable, post: Post) -> None:
    try:
        table.add(post)
    except SlugTaken:
        return


def _upload(context: Any, photo_id: str, name: str, alt: str) -> None:
    """Send one photo the way that authors' photos go: S3 tells of it, and thumbnails are made and catalogued."""
    table = PhotoTable(lambda: context.client("dynamodb"), context.outputs["TableName"])
    if table.find(photo_id) is not None:
        return
    now = timestamp(datetime.now(UTC))
    table.add(PhotoRecord(photo_id, "waiting", f"{name}.jpg", alt, now, now))
    content = (DEMO / "photos" / f"{name}.jpg").read_bytes()
    bucket, key = context.outputs["UploadsBucketName"], UPLOADS + photo_id
    context.client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="image/jpeg")


def _photo_id(file: Path) -> str:
    """The same id for the same file, older than any that is given today."""
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
    written = datetime.fromisoformat(facts["date"]).replace(hour=7, tzinfo=UTC)
    draft = new_post(new, written)
    return msgspec.structs.replace(draft, status="published", published_at=draft.created_at)
