"""Photos: the result follows from the uploads, whatever the order and number of events."""

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError
from chalicelib.blog.errors import NotHomeRegion
from chalicelib.blog.home_region import Marker
from chalicelib.blog.photos.catalogue import Catalogue
from chalicelib.blog.photos.events import read_message
from chalicelib.blog.photos.model import PhotoRecord
from chalicelib.blog.photos.photo_table import PhotoTable
from chalicelib.blog.photos.pictures import Picture, make_renditions
from chalicelib.blog.photos.thumbnails import Thumbnails
from chalicelib.blog.photos.upload_bucket import UploadBucket

from common.runtime.s3_events import object_keys
from tests.e2e.blog.photo_files import jpeg, photo_of
from tests.unit.aws import aws_client
from tests.unit.blog.photo_stage import announce, objects, upload
from tests.unit.blog.stage import Stage
from tests.unit.stage import REGION


class Records(PhotoTable):
    """The records of photos; `meanwhile` runs once, after the next record was replaced."""

    meanwhile: Callable[[], object] | None = None

    def replace(self, old: PhotoRecord, new: PhotoRecord) -> bool:
        is_replaced = super().replace(old, new)
        run_once(self)
        return is_replaced


class Files(UploadBucket):
    """The uploaded files; `meanwhile` runs once, after the next version was read."""

    meanwhile: Callable[[], object] | None = None

    def version(self, photo_id: str) -> str | None:
        version = super().version(photo_id)
        run_once(self)
        return version


class Maker:
    """Makes renditions; `meanwhile` runs once, before the next are made."""

    meanwhile: Callable[[], object] | None = None

    def __call__(self, content: bytes) -> Picture:
        run_once(self)
        return make_renditions(content)


def run_once(hooked: Records | Files | Maker) -> None:
    """Run what another invocation does at this moment."""
    meanwhile, hooked.meanwhile = hooked.meanwhile, None
    if meanwhile:
        meanwhile()


class Events:
    """The two functions behind the events, with real tables and buckets; something may happen in between."""

    def __init__(self, blog: Stage, photo_id: str) -> None:
        composition = blog.composition
        self.records = Records(composition._dynamodb, "posts", composition.home_region.transact)
        self.files = Files(composition._s3, "uploads")
        self.maker = Maker()
        shared = {
            "store": self.records,
            "uploads": self.files,
            "media": composition._media,
            "now": lambda: datetime.now(UTC),
            "require_home": composition.home_region.require,
        }
        self.thumbnails = Thumbnails(**shared, make=self.maker)
        self.catalogue = Catalogue(**shared)
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


def test_an_announced_photo_has_a_form_for_its_own_file(photo):
    assert photo["status"] == "waiting"
    assert photo["upload"]["fields"]["key"] == f"uploads/{photo['id']}"
    assert photo["upload"]["fields"]["Content-Type"] == "image/jpeg"
    assert "x-amz-signature" in photo["upload"]["fields"]
    assert photo["markdown"] == rf"![A \[lock\]](photo:{photo['id']})"


def test_the_functions_make_and_catalogue_a_photo(blog, photo):
    upload(photo["id"], jpeg((300, 200)))
    event = blog.client.events.generate_s3_event("uploads", f"uploads/{photo['id']}")
    blog.module.make_thumbnails(event, None)
    (announcement,) = [key for key in objects("media") if key.startswith("catalogue/")]
    body = json.dumps({"Records": [{"s3": {"object": {"key": announcement}}}]})
    event = blog.client.events.generate_sqs_event([body], queue_name="thumbnails")
    assert blog.module.catalogue_photos(event, None) == {"batchItemFailures": []}
    assert_shown(blog, photo, 300)


STEPS = ("first file", "second file", "event", "event", "announcement")


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(STEPS))))
def test_the_last_file_is_shown_whatever_the_order_of_events(blog, photo, events, order):
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


def test_a_photo_that_is_deleted_while_its_thumbnails_are_made_leaves_nothing(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    events.maker.meanwhile = lambda: blog.write("DELETE", f"/author/photos/{photo['id']}")
    assert events.uploaded() == "made"
    assert events.announced() == "deleted"
    assert objects("media") == []


def test_a_refusal_of_a_photo_that_is_deleted_meanwhile_does_not_bring_it_back(blog, photo, events):
    upload(photo["id"], b"no picture")
    events.maker.meanwhile = lambda: blog.write("DELETE", f"/author/photos/{photo['id']}")
    assert events.uploaded() == "deleted"
    assert blog.partitions() == set()


def assert_shown(blog, photo, width):
    shown = blog.write("GET", f"/author/photos/{photo['id']}").json
    assert (shown["status"], shown["width"]) == ("ready", width)
    paths = {one["url"].partition(".example/")[2] for one in shown["renditions"]}
    assert {key for key in objects("media") if key.startswith("media/")} == paths


def test_a_better_file_that_is_handled_while_the_first_is_refused_stays(blog, photo, events):
    upload(photo["id"], b"no picture")

    def better_file() -> None:
        upload(photo["id"], jpeg((300, 200)))
        events.settle()

    events.maker.meanwhile = better_file
    assert events.uploaded() == "made"
    assert_shown(blog, photo, 300)
    assert objects("uploads") == [f"uploads/{photo['id']}"]


@pytest.fixture
def conditional_deletes(events):
    """Refuse conditional deletes as S3 does; moto does not."""
    client = events.files._client()

    def check(params, **_):
        wanted = params.get("IfMatch")
        if wanted and wanted != client.head_object(Bucket=params["Bucket"], Key=params["Key"])["ETag"]:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "DeleteObject")

    client.meta.events.register("provide-client-params.s3.DeleteObject", check)
    yield
    client.meta.events.unregister("provide-client-params.s3.DeleteObject", check)


@pytest.mark.usefixtures("conditional_deletes")
def test_a_better_file_that_comes_while_the_first_is_quarantined_stays(blog, photo, events):
    upload(photo["id"], b"no picture")
    events.records.meanwhile = lambda: upload(photo["id"], jpeg((300, 200)))
    assert events.uploaded() == "refused"
    assert f"uploads/{photo['id']}" in objects("uploads")
    assert events.uploaded() == "made"
    assert events.announced() == "ready"
    assert_shown(blog, photo, 300)


def test_a_later_file_that_is_made_while_an_earlier_one_is_catalogued_stays(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    events.uploaded()

    def later_file() -> None:
        upload(photo["id"], jpeg((200, 300)))
        events.uploaded()

    events.files.meanwhile = later_file
    assert events.announced() == "ready"
    # The announcement of the later one.
    assert events.announced() == "ready"
    assert_shown(blog, photo, 200)


@pytest.mark.parametrize("content", [jpeg((200, 300)), b"no picture", None])
def test_a_region_that_is_no_longer_home_keeps_a_photos_files_and_refuses_its_events(blog, photo, events, content):
    upload(photo["id"], jpeg((300, 200)))
    events.settle()
    known = blog.composition.tables.photos.find(photo["id"])
    if content:
        upload(photo["id"], content)
    else:
        aws_client("s3").delete_object(Bucket="uploads", Key=f"uploads/{photo['id']}")
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


def test_a_region_that_is_no_longer_home_deletes_the_files_of_a_deleted_photo(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    events.uploaded()
    blog.composition.tables.photos.delete(photo["id"])
    blog.composition.home_region.write(Marker("eu-west-1", 1))
    assert [events.uploaded(), events.announced()] == ["deleted", "deleted"]
    assert objects("uploads") == objects("media") == []


def test_a_photo_is_refused_when_an_operator_deletes_its_file(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    events.settle()
    aws_client("s3").delete_object(Bucket="uploads", Key=f"uploads/{photo['id']}")
    assert events.uploaded() == "gone"
    assert objects("media") == []
    assert status(blog, photo) == "refused"


def test_a_refused_file_is_quarantined_once_and_the_reason_stays(blog, photo, events):
    upload(photo["id"], b"<svg>")
    assert [events.uploaded(), events.uploaded(), events.uploaded()] == ["refused", "gone", "gone"]
    assert objects("uploads") == [f"quarantine/{photo['id']}"]
    shown = blog.write("GET", f"/author/photos/{photo['id']}").json
    assert (shown["status"], "SVG" in shown["reason"]) == ("refused", True)


def test_a_refused_photo_that_is_deleted_leaves_nothing(blog, photo, events):
    upload(photo["id"], b"no picture")
    assert events.uploaded() == "refused"
    assert blog.write("DELETE", f"/author/photos/{photo['id']}").status == 204
    assert objects("uploads") == []


def test_a_changed_alternative_text_is_on_the_photo_and_in_its_markdown(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    events.uploaded()
    changed = blog.write("PATCH", f"/author/photos/{photo['id']}", {"alt": "A sluice"})
    assert (changed.status, changed.json["alt"]) == (200, "A sluice")
    events.announced()
    record = blog.composition.tables.photos.find(photo["id"])
    assert (record.alt, record.photo.alt, record.status) == ("A sluice", "A sluice", "ready")
    again = blog.write("PATCH", f"/author/photos/{photo['id']}", {"alt": ""}).json
    assert (again["alt"], again["markdown"]) == ("", f"![](photo:{photo['id']})")
    assert blog.composition.tables.photos.find(photo["id"]).photo.alt == ""
    assert blog.write("GET", f"/author/photos/{photo['id']}").json == again


@pytest.mark.parametrize("body", [{"alt": "x" * 501}, {"alt": None}, {"fileName": "b.jpg"}, {"alt": "a\nb"}])
def test_an_invalid_change_of_a_photo_is_refused(blog, photo, body):
    assert blog.write("PATCH", f"/author/photos/{photo['id']}", body).status == 422


def died(blog, photo):
    """Deliver Lambda's record of an upload on which `make_thumbnails` died three times."""
    key = {"key": f"uploads/{photo['id']}"}
    record = {
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": {"Records": [{"s3": {"object": key}}]},
    }
    event = blog.client.events.generate_sqs_event([json.dumps(record)], queue_name="thumbnails")
    assert blog.module.catalogue_photos(event, None) == {"batchItemFailures": []}


def shown(blog, photo):
    return blog.write("GET", f"/author/photos/{photo['id']}").json


def test_a_photo_whose_function_died_has_failed_and_takes_another_file(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    died(blog, photo)
    failed = shown(blog, photo)
    assert (failed["status"], "Send it again" in failed["reason"]) == ("failed", True)
    renewed = blog.write("POST", f"/author/photos/{photo['id']}/upload-form", {"contentType": "image/png"})
    assert (renewed.status, renewed.json["status"], renewed.json["reason"]) == (200, "waiting", None)
    assert renewed.json["upload"]["fields"]["Content-Type"] == "image/png"
    upload(photo["id"], jpeg((200, 300)))
    events.settle()
    assert_shown(blog, photo, 200)
    assert shown(blog, photo)["reason"] is None


def test_a_photo_that_is_shown_stays_shown_when_the_function_dies_on_a_later_file(blog, photo, events):
    upload(photo["id"], jpeg((300, 200)))
    events.settle()
    upload(photo["id"], jpeg((200, 300)))
    died(blog, photo)
    assert_shown(blog, photo, 300)
    assert shown(blog, photo)["reason"]
    # The author sends the earlier file again.
    upload(photo["id"], jpeg((300, 200)))
    events.settle()
    assert shown(blog, photo)["reason"] is None


@pytest.mark.parametrize("end", ["made", "refused", "deleted"])
def test_a_photo_that_has_been_settled_meanwhile_does_not_fail(blog, photo, events, end):
    upload(photo["id"], b"no picture" if end == "refused" else jpeg((300, 200)))
    events.settle()
    if end == "deleted":
        blog.write("DELETE", f"/author/photos/{photo['id']}")
    before = blog.composition.tables.photos.find(photo["id"])
    died(blog, photo)
    assert blog.composition.tables.photos.find(photo["id"]) == before


def test_the_list_has_pages_in_order(blog):
    ids = [announce(blog)["id"] for _ in range(5)]
    found, url = [], "/author/photos?limit=2"
    while url:
        response = blog.write("GET", url)
        found += [photo["id"] for photo in response.json]
        link = response.headers.get("link", "")
        url = link.partition("/api")[2].partition(">")[0]
    assert sorted(found) == sorted(ids)
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("name", ["a b+c%20d.jpg", "ünï/çode 日本.jpg", "..%2f..%2findex.html", "", "x" * 900])
def test_keys_of_events_are_decoded(name):
    event = {"Records": [{"s3": {"object": {"key": quote_plus(f"uploads/{name}", safe="/")}}}]}
    assert object_keys(event) == [f"uploads/{name}"]


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (f"catalogue/{photo_of(1)}/abc.json", [photo_of(1)]),
        (f"media/{photo_of(1)}/abc/375.webp", []),
        ("catalogue/../abc.json", []),
        (f"catalogue/{photo_of(1)}0/abc.json", []),
    ],
)
def test_only_announcements_of_photos_are_read(key, found):
    assert read_message(json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})).announced == found


def test_the_first_message_of_a_new_notification_says_nothing():
    message = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "media"}
    assert read_message(json.dumps(message)).announced == []


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
def test_an_invalid_announcement_is_refused(blog, body):
    assert blog.write("POST", "/author/photos", body).status == 422
    assert blog.partitions() == set()


@pytest.mark.parametrize("photo_id", ["x", "photo%23", photo_of(7) + "0", photo_of(7).upper() + "%0A", photo_of(7)])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_id_that_no_photo_has_is_not_found(blog, method, photo_id):
    response = blog.write(method, f"/author/photos/{photo_id}", {"alt": "A lock"} if method == "PATCH" else None)
    assert response.status == 404
    assert response.json["type"].endswith("photo-not-found")
