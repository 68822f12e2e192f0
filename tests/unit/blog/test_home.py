"""The region that takes the writes, as its tables say it."""

from datetime import UTC, datetime

import boto3
import pytest
from chalicelib.blog.errors import HomeElsewhere
from chalicelib.blog.home import Home, Marker
from chalicelib.blog.model import NewPost, new_post
from chalicelib.blog.table import PostTable

from tests.unit.blog.stage import Stage
from tests.unit.todo.stage import REGION


def home(region: str) -> Home:
    return Home(lambda: boto3.client("dynamodb"), "posts", region, REGION)


@pytest.fixture
def marked(blog: Stage):
    """Home is elsewhere by the marker, whatever the environment says."""
    home(REGION).write(Marker("eu-west-1", 1))
    return blog


def test_without_a_marker_the_primary_is_home(blog: Stage):
    assert home(REGION).is_here()
    assert not home("eu-west-1").is_here()
    assert home("eu-west-1").marker() == Marker(REGION, 0)


def test_the_marker_decides(marked: Stage):
    assert home("eu-west-1").is_here()
    with pytest.raises(HomeElsewhere):
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
    answer = marked.write("POST", path, body)
    assert answer.status == 503
    assert answer.json["type"].endswith("home-elsewhere")
    assert "retry-after" in answer.headers
    assert marked.read("GET", "/posts").status == 200
    assert marked.partitions() == {"home"}


def test_a_write_that_was_under_way_when_home_moved_is_refused_too(marked: Stage):
    table = PostTable(lambda: boto3.client("dynamodb"), "posts", REGION, home(REGION).condition)
    with pytest.raises(HomeElsewhere):
        table.add(new_post(NewPost(title="A walk"), datetime(2026, 1, 1, tzinfo=UTC)))
    assert marked.partitions() == {"home"}
