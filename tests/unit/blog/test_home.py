"""The region that takes the writes, by the marker in its table."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from chalicelib.blog.errors import NotHomeRegion
from chalicelib.blog.home_region import MOVING, HomeRegion, Marker
from chalicelib.blog.posts.model import NewPost, new_post
from chalicelib.blog.posts.post_table import PostTable

from tests.unit.aws import aws_client
from tests.unit.blog.stage import Stage
from tests.unit.stage import REGION


def home(region: str) -> HomeRegion:
    return HomeRegion(lambda: aws_client("dynamodb"), "posts", region=region, primary=REGION)


@pytest.fixture
def marked(blog: Stage):
    """Home is elsewhere by the marker, whatever the environment says."""
    home(REGION).write(Marker("eu-west-1", 1))
    return blog


def test_without_a_marker_the_primary_region_is_home(blog: Stage):
    assert home(REGION).is_here()
    assert not home("eu-west-1").is_here()
    assert home("eu-west-1").marker() == Marker(REGION, 0)


def test_the_marker_decides_which_region_is_home(marked: Stage):
    assert home("eu-west-1").is_here()
    with pytest.raises(NotHomeRegion):
        home(REGION).require()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/author/posts", {"title": "A walk"}),
        ("/author/photos", {"fileName": "a.jpg", "contentType": "image/jpeg"}),
        ("/subscribers", {"address": "reader@example.com"}),
    ],
)
def test_another_region_refuses_writes_and_answers_reads(marked: Stage, path: str, body: dict[str, str]):
    response = marked.write("POST", path, body)
    assert response.status == 503
    assert response.json["type"].endswith("home-elsewhere")
    assert "retry-after" in response.headers
    assert marked.read("GET", "/posts").status == 200
    assert marked.partitions() == {"home"}


def test_a_write_in_progress_while_home_moves_is_refused(marked: Stage):
    table = PostTable(lambda: aws_client("dynamodb"), "posts", home(REGION).run)
    with pytest.raises(NotHomeRegion):
        table.add(new_post(NewPost(title="A walk"), datetime(2026, 1, 1, tzinfo=UTC)))
    assert marked.partitions() == {"home"}


class Conflicts:
    """Makes DynamoDB refuse some transactions because of conflicts."""

    def __init__(self, client: Any) -> None:
        self.left = 0
        self._client = client

    def __call__(self, params: Any, **_: Any) -> None:
        if self.left:
            self.left -= 1
            reasons = [{"Code": "TransactionConflict"}, *({"Code": "None"} for _ in params["TransactItems"][1:])]
            raise self._client.exceptions.TransactionCanceledException(
                {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
                "TransactWriteItems",
            )


@pytest.fixture
def conflicts(blog: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blog.composition.home_region, "_sleep", lambda seconds: None)
    client = blog.composition._dynamodb()
    found = Conflicts(client)
    client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", found)
    yield found
    client.meta.events.unregister("provide-client-params.dynamodb.TransactWriteItems", found)


def announced(blog: Stage) -> str:
    return str(blog.write("POST", "/author/photos", {"fileName": "a.jpg", "contentType": "image/jpeg"}).json["id"])


def test_a_photo_is_deleted_after_conflicts_with_other_changes(blog: Stage, conflicts: Conflicts):
    photo = announced(blog)
    conflicts.left = 3
    assert blog.write("DELETE", f"/author/photos/{photo}").status == 204
    assert conflicts.left == 0
    assert blog.partitions() == set()


def test_a_change_of_a_photo_is_busy_after_too_many_conflicts(blog: Stage, conflicts: Conflicts):
    photo = announced(blog)
    conflicts.left = 100
    for method, path, body in [
        ("DELETE", f"/author/photos/{photo}", None),
        ("POST", "/author/photos", {"fileName": "b.jpg", "contentType": "image/jpeg"}),
    ]:
        response = blog.write(method, path, body)
        assert response.status == 503
        assert response.json["type"].endswith(":unavailable")
        assert "retry-after" in response.headers
    assert blog.partitions() == {"photos", f"photo#{photo}"}


@pytest.mark.parametrize("region", [MOVING, "eu-west-1"])
def test_a_photo_is_not_written_in_a_region_that_is_no_longer_home(blog: Stage, region: str):
    photo = announced(blog)
    table = blog.composition.tables.photos
    known = table.find(photo)
    home(REGION).write(Marker(region, 1))
    writes = {
        "replace": lambda: table.replace(known, msgspec.structs.replace(known, status="refused")),
        "add": lambda: table.add(msgspec.structs.replace(known, id="1" * 28)),
        "delete": lambda: table.delete(photo),
    }
    for write in writes.values():
        with pytest.raises(NotHomeRegion):
            write()
    assert table.find(photo) == known
    assert blog.partitions() == {"home", "photos", f"photo#{photo}"}
