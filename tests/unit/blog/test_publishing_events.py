"""The function of the posts' stream: records of real items, and an invalid record among them."""

import itertools
import json
import logging
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from chalicelib.blog.posts.post_table import PUBLISHED
from chalicelib.blog.publishing import events
from chalicelib.blog.publishing.model import Difference

from common.runtime.batches import Batch
from tests.unit.aws import aws_client
from tests.unit.blog.stage import Stage, path
from tests.unit.blog.stream_records import Letters, poison, record, records
from tests.unit.stage import REGION

LOG = logging.getLogger("test_publishing_events")


class Publisher:
    """Records its calls."""

    def __init__(self) -> None:
        self.changed: list[Any] = []
        self.photos: set[str] = set()
        self.synced: list[Any] = []
        self.requests: list[str] = []
        self.invalidated: list[list[str]] = []
        self.failed: list[str] = []
        self.mailed: list[str] = []

    def sync(self, changed: Any, photo_ids: Any) -> Difference:
        self.changed += changed
        self.photos |= set(photo_ids)
        return Difference([], [], self.failed)

    def sync_photo(self, change: Any) -> list[str]:
        self.synced.append((change.id, change.before is not None, change.after is not None, change.is_deleted))
        return [f"/media/{change.id}/a"]

    def invalidate(self, paths: Any) -> None:
        self.invalidated.append(list(paths))

    def render_all(self, request: str) -> Difference:
        self.requests.append(request)
        return Difference([], [])


def publish(records: list[Any], publisher: Publisher, letters: Letters | None = None) -> dict[str, Any]:
    """Handle a batch; returns the function's response."""
    batch = Batch(records, LOG, Letters() if letters is None else letters)
    events.publish(batch, publisher, REGION, LOG, publisher.mailed.append)
    return batch.response()


def test_a_photos_files_are_synced_when_what_pages_show_of_it_changes():
    write = TypeSerializer().serialize
    keys = {"pk": write("photo#p1"), "sk": write("photo")}
    shown = {"id": "p1", "alt": "", "width": 1, "height": 1, "placeholder": "", "renditions": []}
    waiting = {"id": "p1", "status": "waiting", "fileName": "a", "alt": "", "createdAt": "", "updatedAt": ""}
    images = [
        {**keys, "data": write(json.dumps(data))}
        for data in (waiting, {**waiting, "status": "ready", "photo": shown}, {**waiting, "status": "refused"})
    ]
    synced = []
    for old, new in [(None, images[0]), (images[0], images[1]), (images[1], None), (images[0], images[2])]:
        publisher = Publisher()
        assert publish([record(keys, new, old, "1")], publisher) == {"batchItemFailures": []}
        assert {photo_id for photo_id, *_ in publisher.synced} == publisher.photos
        synced.append(publisher.synced)
    assert synced == [[], [("p1", False, True, False)], [("p1", True, False, True)], []]


def test_a_record_that_cannot_be_read_is_a_dead_letter_and_the_others_are_published(blog: Stage):
    blog.publish("One")
    publisher, letters = Publisher(), Letters()
    response = publish([poison(), *records("posts")], publisher, letters)
    assert response == {"batchItemFailures": []}
    assert [number for number, _ in letters] == ["poison"]
    assert "Error" in letters[0][1]
    assert {post.slug for post in publisher.changed} == {"one"}


def test_a_post_that_cannot_be_rendered_is_a_dead_letter_and_the_stream_goes_on(blog: Stage):
    blog.publish("Good")
    blog.publish("Bad")
    publisher, letters = Publisher(), Letters()
    publisher.failed = ["posts/bad/index.html", "posts/beside/index.html"]
    assert publish(records("posts"), publisher, letters) == {"batchItemFailures": []}
    # The post itself, and its place in the list.
    assert [reason for _, reason in letters] == ["not rendered: posts/bad/index.html"] * 2


def test_a_post_is_mailed_when_it_is_published_and_not_when_it_changes(blog: Stage):
    def item(post: Any) -> Any:
        key = {"pk": {"S": f"post#{post['id']}"}, "sk": {"S": "post"}}
        return aws_client("dynamodb").get_item(TableName="posts", Key=key)["Item"]

    post = blog.add("One")
    images = [item(post)]
    for action, body in (("publish", {}), ("unpublish", None), ("publish", {})):
        blog.write("POST", f"{path(post)}/{action}", body)
        images.append(item(post))
    blog.write("PATCH", path(post), {"title": "Changed"})
    images.append(item(post))
    mailed = []
    for old, new in [(None, images[0]), *itertools.pairwise(images), (images[-1], None)]:
        publisher = Publisher()
        keys = {name: images[0][name] for name in ("pk", "sk")}
        assert publish([record(keys, new, old, "1")], publisher) == {"batchItemFailures": []}
        mailed.append(publisher.mailed)
    assert mailed == [[], [post["id"]], [], [post["id"]], [], []]


def test_a_post_whose_page_cannot_be_rendered_is_not_mailed(blog: Stage):
    blog.publish("Good")
    blog.publish("Bad")
    publisher = Publisher()
    publisher.failed = ["posts/bad/index.html"]
    publish(records("posts"), publisher)
    assert publisher.mailed == [blog.composition.posts.public("good").id]


def test_a_record_whose_dead_letter_cannot_be_sent_fails(blog: Stage):
    letters = Letters()
    letters.broken = True
    response = publish([poison()], Publisher(), letters)
    assert response == {"batchItemFailures": [{"itemIdentifier": "poison"}]}


@pytest.mark.parametrize("order", [["post#", "posts#published"], ["posts#published", "post#"]])
def test_a_region_publishes_a_post_whatever_the_order_of_its_items(blog: Stage, order: list[str]):
    blog.publish("One")
    publisher = Publisher()
    found = {bringing["dynamodb"]["Keys"]["pk"]["S"]: bringing for bringing in records("posts")}
    for start in order:
        (bringing,) = [one for name, one in found.items() if name.startswith(start)]
        publish([bringing], publisher)
    # The one that comes last sets the page going, whichever it is.
    assert [post.slug for post in publisher.changed] == ["one", "one"]


def test_a_post_that_is_twice_in_the_list_is_published_once(blog: Stage):
    blog.publish("One")
    place = next(
        one["dynamodb"]["NewImage"] for one in records("posts") if one["dynamodb"]["Keys"]["pk"]["S"] == PUBLISHED
    )
    aws_client("dynamodb").put_item(TableName="posts", Item={**place, "sk": {"S": f"2020-01-01#{place['sk']['S']}"}})
    assert [post.slug for post in blog.composition.tables.posts.published()] == ["one"]


def test_a_request_renders_everything_once(blog: Stage):
    write = TypeSerializer().serialize
    item = {"pk": write(f"publishing#{REGION}"), "sk": write("request"), "request": write("r1")}
    aws_client("dynamodb").put_item(TableName="posts", Item=item)
    blog.publish("One")
    publisher = Publisher()
    publish(records("posts"), publisher)
    assert (publisher.requests, publisher.changed) == (["r1"], [])
