"""Posts in DynamoDB. A post, its place in the list of its status, and its slugs change in one transaction.

`pk` is `post#<id>`, `posts#<status>` or `slug#<slug>`; `data` is the post as JSON, in lists without its text.
Photos are here, too: `photo_table`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from chalicelib.blog.errors import PostNotFound, SlugTaken
from chalicelib.blog.posts.model import Post, Status
from chalicelib.blog.posts.ports import Page, Report

from common.aws.transactions import CONDITION_FAILED

POST, POSTS, SLUG, PHOTO, PHOTOS = "post#", "posts#", "slug#", "photo#", "photos"
PUBLISHED = f"{POSTS}published"
PUBLISHING, UNFINISHED, REQUEST, REPORT = "publishing#", "unfinished", "request", "report"
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
MANY = 100
# Runs a transaction; returns why each of its changes was cancelled, nothing if all were made.
Run = Callable[[Sequence[dict[str, Any]]], list[str]]
_decoder = msgspec.json.Decoder(Post)


class PostTable:
    """A PostStore, and what publishing reads, in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str, run: Run, region: str = "") -> None:
        """`region` tells apart what each region's publishing remembers."""
        self._client = client
        self._table = table
        self._publishing = PUBLISHING + region
        self._run = run

    def get(self, post_id: str) -> Post:
        """Read one post, consistently."""
        item = self._item(POST + post_id, "post")
        if item is None:
            raise PostNotFound("There is no such post.")
        return decoded(item)

    def by_slug(self, slug: str) -> Post:
        """Read a slug's post: two reads, consistently."""
        item = self._item(SLUG + slug, "slug")
        if item is None:
            raise PostNotFound("There is no such post.")
        return self.get(item["postId"]["S"])

    def page(self, status: Status, limit: int, after: str | None, tag: str | None = None) -> Page:
        """Query one page, which may be short with a tag; one item more than `limit` tells whether there is a next."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "ScanIndexForward": False,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": POSTS + status}},
            "Limit": limit + 1,
        }
        if after is not None:
            request["ExclusiveStartKey"] = primary_key(POSTS + status, after)
        if tag is not None:
            request.update(Limit=1000, FilterExpression="contains(tags, :tag)")
            request["ExpressionAttributeValues"][":tag"] = {"S": tag}
        answer = self._client().query(**request)
        items, last = answer["Items"], answer.get("LastEvaluatedKey")
        if len(items) > limit:
            items, last = items[:limit], items[limit - 1]
        return Page([decoded(item) for item in items], last["sk"]["S"] if last else None)

    def add(self, post: Post) -> bool:
        """Put everything of a new post."""
        return self._transact([*self._claims(post, [post.slug]), self._put_post(post, None), self._put_place(post)])

    def replace(self, old: Post, new: Post) -> bool:
        """Put the new post in the old one's place."""
        changes = self._claims(new, [] if new.slug == old.slug else [new.slug])
        changes += [self._put_post(new, old), self._put_place(new)]
        if _place(old) != _place(new):
            changes.append(self._delete(*_place(old)))
        kept = {new.slug, *new.former_slugs}
        return self._transact(changes + [self._delete(SLUG + slug, "slug") for slug in _slugs(old) if slug not in kept])

    def delete(self, post: Post) -> bool:
        """Delete everything of a post."""
        deletion = self._delete(POST + post.id, "post")
        deletion["Delete"].update(_still(post))
        slugs = [self._delete(SLUG + slug, "slug") for slug in _slugs(post)]
        return self._transact([deletion, self._delete(*_place(post)), *slugs])

    def published(self) -> list[Post]:
        """Query the list, then get each post in full, a hundred at a time."""
        found: set[str] = set()
        after: str | None = None
        while True:
            page = self.page("published", 1000, after)
            # Twice in the list is a post whose new date another region has sent ahead of the end of the old one.
            found.update(post.id for post in page.posts)
            if (after := page.next_after) is None:
                break
        ids, full = sorted(found), list[Post]()
        for start in range(0, len(ids), MANY):
            full += self._batch(ids[start : start + MANY]).values()
        return sorted((post for post in full if post.is_published), key=_place, reverse=True)

    def unfinished(self) -> list[str]:
        """Read what `begin` has written."""
        item = self._item(self._publishing, UNFINISHED)
        return [path["S"] for path in item["paths"]["L"]] if item else []

    def begin(self, paths: Sequence[str]) -> None:
        """Put the paths."""
        item = {**primary_key(self._publishing, UNFINISHED), "paths": {"L": [{"S": path} for path in paths]}}
        self._client().put_item(TableName=self._table, Item=item)

    def finish(self) -> None:
        """Delete the paths."""
        self._client().delete_item(TableName=self._table, Key=primary_key(self._publishing, UNFINISHED))

    def report(self, request: str, report: Report) -> None:
        """Put the answer to a request."""
        item = {
            **primary_key(self._publishing, REPORT),
            "request": {"S": request},
            "data": {"S": msgspec.json.encode(report).decode()},
        }
        self._client().put_item(TableName=self._table, Item=item)

    def _item(self, partition: str, sort_key: str) -> Any:
        key = primary_key(partition, sort_key)
        return self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")

    def _batch(self, ids: Sequence[str]) -> dict[str, Post]:
        found: dict[str, Post] = {}
        wanted: Any = {
            self._table: {"Keys": [primary_key(POST + one, "post") for one in ids], "ConsistentRead": True},
        }
        while wanted:
            answer = self._client().batch_get_item(RequestItems=wanted)
            found.update({post.id: post for post in map(decoded, answer["Responses"].get(self._table, ()))})
            wanted = answer.get("UnprocessedKeys")
        return found

    def _claims(self, post: Post, slugs: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": {**primary_key(SLUG + slug, "slug"), "postId": {"S": post.id}},
                    "ConditionExpression": "attribute_not_exists(pk) OR postId = :id",
                    "ExpressionAttributeValues": {":id": {"S": post.id}},
                }
            }
            for slug in slugs
        ]

    def _put_post(self, post: Post, old: Post | None) -> dict[str, Any]:
        item = {**primary_key(POST + post.id, "post"), "data": _data(post), "version": {"N": str(post.version)}}
        condition = {"ConditionExpression": "attribute_not_exists(pk)"} if old is None else _still(old)
        return {"Put": {"TableName": self._table, "Item": item, **condition}}

    def _put_place(self, post: Post) -> dict[str, Any]:
        tags = {"tags": {"SS": post.tags}} if post.tags else {}
        card = msgspec.structs.replace(post, body_markdown="")
        return {"Put": {"TableName": self._table, "Item": {**primary_key(*_place(post)), "data": _data(card), **tags}}}

    def _delete(self, partition: str, sort_key: str) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table, "Key": primary_key(partition, sort_key)}}

    def _transact(self, changes: Sequence[dict[str, Any]]) -> bool:
        """Run a transaction; False if others were faster. Only of slugs a condition on a new item can fail."""
        reasons = self._run(changes)
        failed = [change for change, reason in zip(changes, reasons, strict=False) if reason == CONDITION_FAILED]
        if any(_is_claim(change) for change in failed):
            raise SlugTaken("Another post has this slug.")
        return not reasons


def primary_key(partition: str, sort_key: str) -> dict[str, Any]:
    """Write a primary key as botocore wants it."""
    return {"pk": {"S": partition}, "sk": {"S": sort_key}}


def decoded(item: Any) -> Post:
    """Read the post in an item or in a stream's image."""
    return _decoder.decode(item["data"]["S"])


def _data(post: Post) -> dict[str, str]:
    return {"S": msgspec.json.encode(post).decode()}


def _place(post: Post) -> tuple[str, str]:
    """Where a post stands in the list of its status: by its date, and drafts by when they were made."""
    return POSTS + post.status, f"{post.created_at if post.status == 'draft' else post.published_at}#{post.id}"


def _slugs(post: Post) -> list[str]:
    return [post.slug, *post.former_slugs]


def _is_claim(change: dict[str, Any]) -> bool:
    return "Put" in change and change["Put"]["Item"]["pk"]["S"].startswith(SLUG)


def _still(post: Post) -> dict[str, Any]:
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(post.version)}},
    }
