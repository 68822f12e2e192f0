"""Operators' commands of blog_app: `python -m deploy task blog_app NAME`."""

import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.blog.errors import SlugTaken
from chalicelib.blog.model import NewPost, Post, new_post
from chalicelib.blog.table import PUBLISHING, REPORT, REQUEST, PostTable, primary_key

DEMO = Path(__file__).parent / "demo"
RENDERING_SECONDS = 150


def seed(context: Any) -> None:
    """Publish the demo posts; again, it changes nothing."""
    table = PostTable(lambda: context.client("dynamodb"), context.outputs["TableName"])
    for file in sorted(DEMO.glob("*.md")):
        _publish(table, _read(file))


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


def _read(file: Path) -> Post:
    """Read one demo post: lines of `name: value`, an empty line, Markdown."""
    head, _, body = file.read_text().partition("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    new = NewPost(
        title=facts["title"],
        summary=facts["summary"],
        body_markdown=body.strip(),
        tags=facts["tags"].split(", "),
        slug=file.stem,
        author=facts["author"],
    )
    written = datetime.fromisoformat(facts["date"]).replace(hour=7, tzinfo=UTC)
    draft = new_post(new, written)
    return msgspec.structs.replace(draft, status="published", published_at=draft.created_at)
