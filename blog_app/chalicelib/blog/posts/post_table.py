"""Posts in DynamoDB. A post, its place in the list of its status, and its slugs change in one transaction.

`pk` is `post#<id>`, `posts#<status>` or `slug#<slug>`; `data` is the post as JSON, in lists without its text.
The table also holds photos, the home region's marker and the notes of publishing.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from chalicelib.blog.dynamodb_items import get_item, json_attribute, primary_key
from chalicelib.blog.errors import PostNotFound, SlugTaken
from chalicelib.blog.home_region import Run
from chalicelib.blog.posts.model import Post, Status

from common.aws.batch_get import batch_get_items
from common.aws.transactions import CONDITION_FAILED
from common.values import Page

POST, POSTS, SLUG = "post#", "posts#", "slug#"
PUBLISHED = f"{POSTS}published"
_decoder = msgspec.json.Decoder(Post)


class PostTable:
    """A PostStore, and the PublishedPosts, in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str, run: Run) -> None:
        self._client = client
        self._table = table
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

    def page(self, status: Status, limit: int, after: str | None, tag: str | None = None) -> Page[Post]:
        """Query one page; one item more than `limit` shows whether there is a next one. With a tag it may be short."""
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
        response = self._client().query(**request)
        items, last = response["Items"], response.get("LastEvaluatedKey")
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
        freed_slugs = [slug for slug in _slugs(old) if slug not in _slugs(new)]
        return self._transact([*changes, *(self._delete(SLUG + slug, "slug") for slug in freed_slugs)])

    def delete(self, post: Post) -> bool:
        """Delete everything of a post."""
        deletion = self._delete(POST + post.id, "post")
        deletion["Delete"].update(_still(post))
        slugs = [self._delete(SLUG + slug, "slug") for slug in _slugs(post)]
        return self._transact([deletion, self._delete(*_place(post)), *slugs])

    def is_listed(self, post: Post) -> bool:
        """Read the post's entry in the list, consistently."""
        return self._item(*_place(post)) is not None

    def published(self) -> list[Post]:
        """Query the list, then get each post in full."""
        ids: set[str] = set()
        after: str | None = None
        while True:
            page = self.page("published", 1000, after)
            # A post is in the list twice while another region has replicated its new date but not yet removed the old.
            ids.update(post.id for post in page.items)
            if (after := page.next_after) is None:
                break
        keys = [primary_key(POST + post_id, "post") for post_id in sorted(ids)]
        posts = map(decoded, batch_get_items(self._client(), self._table, keys))
        return sorted((post for post in posts if post.is_published), key=_place, reverse=True)

    def _item(self, partition: str, sort_key: str) -> Any:
        return get_item(self._client(), self._table, primary_key(partition, sort_key))

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
        item = {
            **primary_key(POST + post.id, "post"),
            "data": json_attribute(post),
            "version": {"N": str(post.version)},
        }
        condition = {"ConditionExpression": "attribute_not_exists(pk)"} if old is None else _still(old)
        return {"Put": {"TableName": self._table, "Item": item, **condition}}

    def _put_place(self, post: Post) -> dict[str, Any]:
        tags = {"tags": {"SS": post.tags}} if post.tags else {}
        card = msgspec.structs.replace(post, body_markdown="")
        return {
            "Put": {
                "TableName": self._table,
                "Item": {**primary_key(*_place(post)), "data": json_attribute(card), **tags},
            }
        }

    def _delete(self, partition: str, sort_key: str) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table, "Key": primary_key(partition, sort_key)}}

    def _transact(self, changes: Sequence[dict[str, Any]]) -> bool:
        """Run a transaction; False if others changed its items first.

        Raises
        ------
        SlugTaken
            The claim of a slug failed.
        """
        reasons = self._run(changes)
        failed = [change for change, reason in zip(changes, reasons, strict=False) if reason == CONDITION_FAILED]
        if any(_is_claim(change) for change in failed):
            raise SlugTaken("Another post has this slug.")
        return not reasons


def decoded(item: Any) -> Post:
    """Read the post in an item or in an image of a stream record."""
    return _decoder.decode(item["data"]["S"])


def _place(post: Post) -> tuple[str, str]:
    """A post's key in the list of its status, which is sorted by date; drafts by the time when they were added."""
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
