"""Photos: announced over the API, uploaded to S3, served by CloudFront, deleted, refused."""

import io

import pytest
import requests
from PIL import Image

from local_aws.testing import wait_until
from tests.e2e.blog.people import APP, Author
from tests.e2e.blog.photo_files import exif_with_position, jpeg, photo_of


@pytest.fixture(scope="module")
def author(stage):
    return Author(stage)


def announce(author, name="a photo.jpg", kind="image/jpeg", **fields):
    response = author.call("POST", "/author/photos", {"fileName": name, "contentType": kind, **fields})
    assert response.status_code == 201, response.text
    return response.json()


def send(photo, content, **fields):
    form = photo["upload"]
    return requests.post(form["url"], {**form["fields"], **fields}, files={"file": ("x", content)})


def state(author, photo):
    return author.call("GET", photo["url"]).json()


def settled(author, photo):
    return wait_until(lambda: state(author, photo), until=lambda found: found["status"] != "waiting")


def uploaded(author, content, **fields):
    photo = announce(author, **fields)
    response = send(photo, content)
    assert response.status_code == 204, response.text
    return settled(author, photo)


def media(author, photo):
    bucket = author.stage.outputs(APP)["MediaBucketName"]
    found = author.stage.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in found.get("Contents", []) if photo["id"] in item["Key"]]


def test_a_photo_taken_sideways_is_upright_small_and_without_its_location(author):
    # Held upright, a camera stores a wide picture and how to turn it (orientation 6).
    photo = uploaded(author, jpeg((1600, 1200), exif=exif_with_position(6)), alt="A lock")
    assert (photo["status"], photo["width"], photo["height"]) == ("ready", 1200, 1600)
    assert [(one["width"], one["height"], one["format"]) for one in photo["renditions"]] == [
        (width, height, kind) for width, height in ((375, 500), (750, 1000), (1200, 1600)) for kind in ("webp", "jpeg")
    ]
    for one in photo["renditions"]:
        response = requests.get(one["url"])
        assert response.status_code == 200
        assert response.headers["Content-Type"] == f"image/{one['format']}"
        assert "immutable" in response.headers["Cache-Control"]
        with Image.open(io.BytesIO(response.content)) as picture:
            assert picture.size == (one["width"], one["height"])
            assert not picture.getexif()
            assert "icc_profile" not in picture.info
            red, green, blue = picture.convert("RGB").getpixel((one["width"] // 2, one["height"] // 10))
            # The left of the stored picture is its top: there it is red.
            assert red > 180 > 80 > max(green, blue)


def test_requests_to_the_buckets_own_addresses_are_refused(author):
    photo = uploaded(author, jpeg((400, 300)))
    names, endpoint = author.stage.outputs(APP), author.stage.document["endpoint_url"]
    paths = [
        f"{names['UploadsBucketName']}/uploads/{photo['id']}",
        f"{names['MediaBucketName']}/{media(author, photo)[0]}",
    ]
    for path in paths:
        assert requests.get(f"{endpoint}/{path}").status_code == 403
    announcement = f"/catalogue/{photo['id']}/"
    assert author.page(announcement).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"), [({"key": "uploads/other"}, 403), ({"Content-Type": "text/html"}, 403), ({}, 400)]
)
def test_a_form_accepts_only_its_own_key_and_type(author, change, status):
    photo = announce(author)
    content = jpeg((40, 30)) if change else bytes(20_000_001)
    assert send(photo, content, **change).status_code == status
    assert state(author, photo)["status"] == "waiting"


def test_a_deleted_photo_leaves_nothing(author):
    photo = uploaded(author, jpeg((400, 300)))
    assert media(author, photo)
    address = photo["renditions"][0]["url"]
    assert requests.get(address).status_code == 200
    assert "Hit" in requests.get(address).headers["X-Cache"]
    assert author.call("DELETE", photo["url"]).status_code == 204
    assert author.call("GET", photo["url"]).status_code == 404
    assert author.call("DELETE", photo["url"]).status_code == 404
    wait_until(lambda: media(author, photo), until=lambda found: not found)
    # Not even the edge has it, which may keep such files for a year.
    wait_until(lambda: requests.get(address).status_code, until=lambda status: status == 404)
    assert photo["id"] not in author.call("GET", "/author/photos?limit=100").text


def test_a_photo_deleted_before_its_file_arrives_stays_deleted(author):
    photo = announce(author)
    assert author.call("DELETE", photo["url"]).status_code == 204
    assert send(photo, jpeg((400, 300))).status_code == 204
    uploads, s3 = author.stage.outputs(APP)["UploadsBucketName"], author.stage.client("s3")
    key = f"uploads/{photo['id']}"
    wait_until(lambda: s3.list_objects_v2(Bucket=uploads, Prefix=key)["KeyCount"], until=lambda count: count == 0)
    assert media(author, photo) == []
    assert author.call("GET", photo["url"]).status_code == 404


def test_the_last_file_of_a_photo_is_shown(author):
    photo = announce(author)
    for size in ((400, 300), (200, 100), (300, 300)):
        send(photo, jpeg(size))
    found = wait_until(
        lambda: state(author, photo), until=lambda found: (found["width"], found["height"]) == (300, 300)
    )
    assert found["status"] == "ready"
    wait_until(lambda: len(media(author, photo)), until=lambda count: count == len(found["renditions"]) + 1)
    assert requests.get(found["renditions"][0]["url"]).status_code == 200


def test_a_file_that_is_not_a_picture_is_quarantined_with_a_reason_and_can_be_replaced(author):
    photo = announce(author)
    send(photo, b"<svg onload=alert(1)>")
    refused = settled(author, photo)
    assert refused["status"] == "refused"
    assert "SVG" in refused["reason"]
    bucket, s3 = author.stage.outputs(APP)["UploadsBucketName"], author.stage.client("s3")

    def keys():
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [item["Key"] for item in found if photo["id"] in item["Key"]]

    wait_until(keys, until=lambda found: found == [f"quarantine/{photo['id']}"])
    send(photo, jpeg((400, 300)))
    assert wait_until(lambda: state(author, photo), until=lambda found: found["status"] == "ready")["reason"] is None


def test_a_function_that_is_killed_is_invoked_again(author):
    fault = {"function": "blog-local-make_thumbnails", "action": "kill", "count": 1}
    response = requests.post(f"{author.stage.document['endpoint_url']}/_quartet/faults", json=fault)
    assert response.ok, response.text
    assert uploaded(author, jpeg((400, 300)))["status"] == "ready"


def test_a_photo_on_which_the_function_keeps_dying_has_failed_and_takes_its_file_again(author):
    photo = announce(author)
    fault = {"function": "blog-local-make_thumbnails", "action": "kill", "count": 3}
    response = requests.post(f"{author.stage.document['endpoint_url']}/_quartet/faults", json=fault)
    assert response.ok, response.text
    send(photo, jpeg((400, 300)))
    failed = settled(author, photo)
    assert (failed["status"], "Send it again" in failed["reason"]) == ("failed", True)
    renewed = author.call("POST", f"{photo['url']}/upload-form", {"contentType": "image/jpeg"}).json()
    send(renewed, jpeg((400, 300)))
    assert settled(author, photo)["status"] == "ready"


def test_lists_have_pages(author):
    made = {announce(author, f"{number}.jpg")["id"] for number in range(3)}
    found, url = [], "/author/photos?limit=2"
    while url and not made <= set(found):
        response = author.call("GET", url)
        found += [photo["id"] for photo in response.json()]
        url = response.links.get("next", {}).get("url")
    assert made <= set(found)
    assert found == sorted(found, reverse=True)


def test_files_that_were_not_uploaded_by_a_form_are_quarantined(author):
    bucket, s3 = author.stage.outputs(APP)["UploadsBucketName"], author.stage.client("s3")
    names = ["a b+c%20d.jpg", "ünï/çode 日本.jpg", "..%2f..%2findex.html", photo_of(0)]
    for name in names:
        s3.put_object(Bucket=bucket, Key=f"uploads/{name}", Body=jpeg((40, 30)))

    def left():
        return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="uploads/").get("Contents", [])]

    wait_until(left, until=lambda found: not any(f"uploads/{name}" in found for name in names))
    kept = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="quarantine/")["Contents"]]
    assert {f"quarantine/{name}" for name in names[:3]} <= set(kept)
