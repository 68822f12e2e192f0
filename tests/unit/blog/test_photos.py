"""Photos: whatever order events come in, and however often, the end is what the uploads say."""

import itertools
import json
from urllib.parse import quote_plus

import boto3
import pytest
from botocore.exceptions import ClientError
from chalicelib.blog.errors import NotHomeRegion
from chalicelib.blog.home_region import Marker
from chalicelib.blog.photos.events import announced_photos, keys
from chalicelib.blog.photos.media_replica import MediaReplica
from chalicelib.blog.photos.model import Photo, Rendition

from common.errors import Busy
from tests.e2e.blog.photo_files import jpeg, photo_of
from tests.unit.blog.stage import Stage
from tests.unit.stage import REGION


def announce(blog: Stage, **fields):
    answer = blog.write("POST", "/author/photos", {"fileName": "a.jpg", "contentType": "image/jpeg", **fields})
    assert answer.status == 201, answer.body
    return answer.json


def upload(photo_id: str, content: bytes) -> None:
    boto3.client("s3").put_object(Bucket="uploads", Key=f"uploads/{photo_id}", Body=content)


def objects(bucket: str) -> list[str]:
    return [item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


class Events:
    """The two functions behind the events, as they are deployed."""

    def __init__(self, blog: Stage, photo_id: str) -> None:
        self.thumbnails = blog.composition.thumbnails
        self.catalogue = blog.composition.catalogue
        self.photo_id = photo_id

    def uploaded(self) -> str:
        return self.thumbnails.sync(f"uploads/{self.photo_id}")

    def announced(self) -> str:
        return self.catalogue.sync(self.photo_id)

    def settle(self) -> None:
        self.uploaded()
        self.announced()


@pytest.fixture
def photo(blog):
    return announce(blog, alt="A [lock]")


@pytest.fixture
def events(blog, photo):
    return Events(blog, photo["id"])


def status(blog, photo):
    return blog.write("GET", f"/author/photos/{photo['id']}").json["status"]


def test_an_announced_photo_has_a_form_for_its_file_alone(photo):
    assert photo["status"] == "waiting"
    assert photo["upload"]["fields"]["key"] == f"uploads/{photo['id']}"
    assert photo["upload"]["fields"]["Content-Type"] == "image/jpeg"
    assert "x-amz-signature" in photo["upload"]["fields"]
    assert photo["markdown"] == rf"![A \[lock\]](photo:{photo['id']})"


STEPS = ("first file", "second file", "event", "event", "announcement")


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(STEPS))))
def test_in_any_order_the_last_file_is_shown_in_the_end(blog, photo, events, order):
    step = {
        "first file": lambda: upload(photo["id"], jpeg((300, 200))),
        "second file": lambda: upload(photo["id"], jpeg((200, 300))),
        "event": events.uploaded,
        "announcement": events.announced,
    }
    for name in order:
        step[name]()
    # Each upload brings an event of its own, at least once; here late.
    events.settle()
    last = max(order.index("first file"), order.index("second file"))
    width, height = (300, 200) if order[last] == "first file" else (200, 300)
    shown = blog.write("GET", f"/author/photos/{photo['id']}").json
    assert (shown["status"], shown["width"], shown["height"]) == ("ready", width, height)
    paths = {one["url"].partition(".example/")[2] for one in shown["renditions"]}
    assert {key for key in objects("media") if key.startswith("media/")} == paths


@pytest.mark.parametrize("when", range(5))
def test_a_photo_that_is_deleted_at_any_moment_leaves_nothing(blog, photo, events, when):
    def delete():
        assert blog.write("DELETE", f"/author/photos/{photo['id']}").status == 204

    steps = [lambda: upload(photo["id"], jpeg((300, 200))), events.uploaded, events.announced, events.announced]
    steps.insert(when, delete)
    for step in steps:
        step()
    events.settle()
    assert objects("media") == objects("uploads") == []
    assert blog.write("GET", f"/author/photos/{photo['id']}").status == 404
    assert blog.partitions() == set()


def test_a_photo_that_is_deleted_while_its_thumbnails_are_made_leaves_nothing(blog, photo, events, monkeypatch):
    upload(photo["id"], jpeg((300, 200)))
    make_renditions = "chalicelib.blog.photos.thumbnails.make_renditions"
    from chalicelib.blog.photos.pictures import make_renditions as real  # noqa: PLC0415 - after the path was set

    def slow(content):
        blog.write("DELETE", f"/author/photos/{photo['id']}")
        return real(content)

    monkeypatch.setattr(make_renditions, slow)
    assert events.uploaded() == "made"
    assert events.announced() == "deleted"
    assert objects("media") == []


def test_a_refusal_of_a_photo_that_is_deleted_meanwhile_does_not_bring_it_back(blog, photo, events, monkeypatch):
    upload(photo["id"], b"no picture")
    from chalicelib.blog.photos.pictures import PictureRefused  # noqa: PLC0415 - after the path was set

    def slow(content):
        blog.write("DELETE", f"/author/photos/{photo['id']}")
        raise PictureRefused("No.")

    monkeypatch.setattr("chalicelib.blog.photos.thumbnails.make_renditions", slow)
    with pytest.raises(Busy):
        events.uploaded()
    assert events.uploaded() == "deleted"
    assert blog.partitions() == set()


def assert_shown(blog, photo, width):
    shown = blog.write("GET", f"/author/photos/{photo['id']}").json
    assert (shown["status"], shown["width"]) == ("ready", width)
    paths = {one["url"].partition(".example/")[2] for one in shown["renditions"]}
    assert {key for key in objects("media") if key.startswith("media/")} == paths


def test_a_better_file_that_is_handled_while_the_first_is_refused_stays(blog, photo, events, monkeypatch):
    upload(photo["id"], b"no picture")
    from chalicelib.blog.photos.pictures import make_renditions as real  # noqa: PLC0415 - after the path was set

    def slow(content):
        monkeypatch.setattr("chalicelib.blog.photos.thumbnails.make_renditions", real)
        upload(photo["id"], jpeg((300, 200)))
        events.settle()
        return real(content)

    monkeypatch.setattr("chalicelib.blog.photos.thumbnails.make_renditions", slow)
    with pytest.raises(Busy):
        events.uploaded()
    assert_shown(blog, photo, 300)
    # S3 calls again for what has failed.
    assert events.uploaded() == "made"
    assert_shown(blog, photo, 300)
    assert objects("uploads") == [f"uploads/{photo['id']}"]


@pytest.fixture
def conditional_deletes(events):
    """Refuse conditional deletes as S3 does; moto does not."""
    client = events.thumbnails._uploads._client()

    def check(params, **_):
        wanted = params.get("IfMatch")
        if wanted and wanted != client.head_object(Bucket=params["Bucket"], Key=params["Key"])["ETag"]:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "DeleteObject")

    client.meta.events.register("provide-client-params.s3.DeleteObject", check)
    yield
    client.meta.events.unregister("provide-client-params.s3.DeleteObject", check)


@pytest.mark.usefixtures("conditional_deletes")
def test_a_better_file_that_comes_while_the_first_is_put_aside_stays(blog, photo, events, monkeypatch):
    upload(photo["id"], b"no picture")
    store = events.thumbnails._store
    replace = store.replace

    def slow(old, new):
        assert replace(old, new)
        upload(photo["id"], jpeg((300, 200)))
        return True

    monkeypatch.setattr(store, "replace", slow)
    assert events.uploaded() == "refused"
    assert f"uploads/{photo['id']}" in objects("uploads")
    assert events.uploaded() == "made"
    assert events.announced() == "ready"
    assert_shown(blog, photo, 300)


def test_a_later_file_that_is_made_while_an_earlier_one_is_catalogued_stays(blog, photo, events, monkeypatch):
    upload(photo["id"], jpeg((300, 200)))
    events.uploaded()
    uploads = events.catalogue._uploads
    version = uploads.version

    def slow(photo_id):
        found = version(photo_id)
        monkeypatch.setattr(uploads, "version", version)
        upload(photo["id"], jpeg((200, 300)))
        events.uploaded()
        return found

    monkeypatch.setattr(uploads, "version", slow)
    assert events.announced() == "ready"
    # The announcement of the later one.
    assert events.announced() == "ready"
    assert_shown(blog, photo, 200)


@pytest.mark.parametrize("content", [jpeg((200, 300)), b"no picture", None])
def test_where_home_has_left_a_photos_files_stay_as_its_record_says_and_its_events_wait(blog, photo, events, content):
    upload(photo["id"], jpeg((300, 200)))
    events.settle()
    known = blog.composition.tables.photos.find(photo["id"])
    if content:
        upload(photo["id"], content)
    else:
        boto3.client("s3").delete_object(Bucket="uploads", Key=f"uploads/{photo['id']}")
    made = objects("media")
    blog.composition.home_region.write(Marker("eu-west-1", 1))
    for sync in (events.uploaded, events.announced):
        with pytest.raises(NotHomeRegion):
            sync()
    assert objects("media") == made
    assert blog.composition.tables.photos.find(photo["id"]) == known
    # Home is back, and the events with it.
    blog.composition.home_region.write(Marker(REGION, 2))
    events.settle()
    assert status(blog, photo) == ("ready" if content and content != b"no picture" else "refused")


def test_where_home_has_left_nothing_stays_of_a_photo_that_is_deleted(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    events.uploaded()
    blog.composition.tables.photos.delete(photo["id"])
    blog.composition.home_region.write(Marker("eu-west-1", 1))
    assert [events.uploaded(), events.announced()] == ["deleted", "deleted"]
    assert objects("uploads") == objects("media") == []


def test_a_file_that_an_operator_deletes_takes_its_photo_away(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    events.settle()
    boto3.client("s3").delete_object(Bucket="uploads", Key=f"uploads/{photo['id']}")
    assert events.uploaded() == "gone"
    assert objects("media") == []
    assert status(blog, photo) == "refused"


def test_a_refused_file_is_put_aside_once_and_the_reason_stays(blog, photo, events):
    upload(photo["id"], b"<svg>")
    assert [events.uploaded(), events.uploaded(), events.uploaded()] == ["refused", "gone", "gone"]
    assert objects("uploads") == [f"quarantine/{photo['id']}"]
    shown = blog.write("GET", f"/author/photos/{photo['id']}").json
    assert (shown["status"], "SVG" in shown["reason"]) == ("refused", True)


def test_the_list_is_in_order_and_goes_on(blog):
    ids = [announce(blog)["id"] for _ in range(5)]
    found, url = [], "/author/photos?limit=2"
    while url:
        answer = blog.write("GET", url)
        found += [photo["id"] for photo in answer.json]
        link = answer.headers.get("link", "")
        url = link.partition("/api")[2].partition(">")[0]
    assert sorted(found) == sorted(ids)
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("name", ["a b+c%20d.jpg", "ünï/çode 日本.jpg", "..%2f..%2findex.html", "", "x" * 900])
def test_keys_of_events_are_decoded(name):
    event = {"Records": [{"s3": {"object": {"key": quote_plus(f"uploads/{name}", safe="/")}}}]}
    assert keys(event) == [f"uploads/{name}"]


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (f"catalogue/{photo_of(1)}/abc.json", [photo_of(1)]),
        (f"media/{photo_of(1)}/abc/375.webp", []),
        ("catalogue/../abc.json", []),
        (f"catalogue/{photo_of(1)}0/abc.json", []),
    ],
)
def test_only_announcements_of_photos_are_followed(key, found):
    assert announced_photos(json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})) == found


def test_the_first_message_of_a_new_notification_says_nothing():
    assert announced_photos(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "media"})) == []


@pytest.mark.parametrize(
    "body",
    [
        {"fileName": "", "contentType": "image/jpeg"},
        {"fileName": "a\r\nb.jpg", "contentType": "image/jpeg"},
        {"fileName": "a.svg", "contentType": "image/svg+xml"},
        {"fileName": "a.jpg", "contentType": "image/jpeg", "alt": "x" * 501},
        {"fileName": "a" * 256, "contentType": "image/jpeg"},
        {"fileName": "a.jpg"},
        {"fileName": "a.jpg", "contentType": "image/jpeg", "size": 3},
    ],
)
def test_what_cannot_be_announced_is_refused(blog, body):
    assert blog.write("POST", "/author/photos", body).status == 422
    assert blog.partitions() == set()


@pytest.mark.parametrize("photo_id", ["x", "photo%23", photo_of(7) + "0", photo_of(7).upper() + "%0A", photo_of(7)])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_such_photo(blog, method, photo_id):
    answer = blog.write(method, f"/author/photos/{photo_id}")
    assert answer.status == 404
    assert answer.json["type"].endswith("photo-not-found")


@pytest.fixture
def replica(blog):
    """Files of a photo in the other region's bucket, and who replica them into this one's."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="peer")  # In us-east-1 it may be there already.
    for key in (key_of("one"), key_of("two")):
        s3.put_object(Bucket="peer", Key=key, Body=key.encode())
    return MediaReplica(lambda: s3, bucket="media", source="peer", uploads="uploads")


def key_of(version: str) -> str:
    return f"media/{photo_of(1)}/{version}/375.webp"


def shown(version: str) -> Photo:
    return Photo(photo_of(1), "", 375, 200, "data:,", [Rendition(f"/{key_of(version)}", 375, 200, "webp")])


def test_a_photo_of_the_other_region_is_here_in_the_version_that_is_shown(replica):
    replica.replicate(photo_of(1), shown("one"))
    assert objects("media") == [key_of("one")]
    replica.replicate(photo_of(1), shown("two"))
    assert objects("media") == [key_of("two")]
    replica.replicate(photo_of(1), None)
    assert objects("media") == []


def test_of_a_photo_that_was_made_here_first_and_there_later_the_later_version_is_here_too(replica):
    s3 = boto3.client("s3")
    announcement = f"catalogue/{photo_of(1)}/one.json"
    for key in (announcement, key_of("one")):
        s3.put_object(Bucket="media", Key=key, Body=b"made here")
    replica.replicate(photo_of(1), shown("one"))
    assert objects("media") == [announcement, key_of("one")]
    replica.replicate(photo_of(1), shown("two"))
    assert objects("media") == [announcement, key_of("one"), key_of("two")]


def test_a_photo_that_was_made_here_and_deleted_there_is_gone_from_here(replica):
    s3 = boto3.client("s3")
    s3.put_object(Bucket="uploads", Key=f"uploads/{photo_of(1)}", Body=b"sent here")
    s3.put_object(Bucket="uploads", Key=f"uploads/{photo_of(2)}", Body=b"another")
    for key in (f"catalogue/{photo_of(1)}/one.json", key_of("one")):
        s3.put_object(Bucket="media", Key=key, Body=b"made here")
    replica.purge(photo_of(1))
    assert objects("media") == []
    assert objects("uploads") == [f"uploads/{photo_of(2)}"]
