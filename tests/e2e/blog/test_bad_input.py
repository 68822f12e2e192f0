"""Invalid input to the deployed blog_app."""

import io
import re
import secrets
import struct
import zlib

import pytest
import requests
from PIL import Image

from local_aws.testing import wait_until
from tests.e2e.blog.people import APP, Author
from tests.e2e.blog.photo_files import encoded, jpeg

LINK = "javascript:alert(1)"


@pytest.fixture(scope="module")
def author(stage):
    return Author(stage)


# ---- pictures -------------------------------------------------------------------------------------------------------


def picture(mode: str, kind: str, **options) -> bytes:
    return encoded(jpeg_as(mode), kind, **options)


def jpeg_as(mode: str) -> Image.Image:
    return Image.open(io.BytesIO(jpeg((400, 300)))).convert(mode)


def bomb() -> bytes:
    """A PNG of a few bytes whose header claims 400 million pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def sixteen_bits() -> bytes:
    return encoded(jpeg_as("L").convert("I").point(lambda value: value * 257).convert("I;16"), "PNG")


PICTURES = {
    "text": (b"not a picture", "This is not a JPEG, PNG, WebP or GIF picture."),
    "truncated": (jpeg((400, 300))[:-900], "The picture is damaged, or its end is missing."),
    "pixel bomb": (bomb(), "The picture has more than 50 million pixels."),
    "SVG with a script": (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "SVG files can contain scripts"),
    "animated": (
        encoded(jpeg_as("RGB"), "GIF", save_all=True, append_images=[Image.new("RGB", (400, 300))]),
        "Animated pictures are not supported",
    ),
    "a tower": (jpeg((100, 900)), "The picture is more than 5 times as high as it is wide."),
    "script behind a picture": (jpeg((400, 300)) + b"<script>alert(1)</script>", None),
    "CMYK": (picture("CMYK", "JPEG"), None),
    "16 bits": (sixteen_bits(), None),
    "palette with transparency": (picture("P", "PNG", transparency=0), None),
    "PNG that is called a JPEG": (picture("RGB", "PNG"), None),
}


def test_every_picture_is_processed_or_quarantined_with_a_reason_and_none_blocks_another(author):
    photos = {}
    for case, (content, _) in PICTURES.items():
        body = {"fileName": f"{case}.jpg", "contentType": "image/jpeg"}
        photos[case] = author.call("POST", "/author/photos", body).json()
        form = photos[case]["upload"]
        response = requests.post(form["url"], form["fields"], files={"file": ("x", content)})
        assert response.status_code == 204, (case, response.text)
    for case, (_, reason) in PICTURES.items():
        url = photos[case]["url"]
        found = wait_until(
            lambda url=url: author.call("GET", url).json(), until=lambda found: found["status"] != "waiting"
        )
        assert found["status"] == ("refused" if reason else "ready"), (case, found)
        assert (found["reason"] or "").startswith(reason or ""), case
        assert bool(found["renditions"]) == (reason is None), case
        for one in found["renditions"]:
            shown = requests.get(one["url"]).content
            assert b"alert" not in shown
            assert Image.open(io.BytesIO(shown)).mode == "RGB", case
    put_aside = {f"quarantine/{photos[case]['id']}" for case, (_, reason) in PICTURES.items() if reason}
    bucket, s3 = author.stage.outputs(APP)["UploadsBucketName"], author.stage.client("s3")

    def kept():
        return {item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="quarantine/").get("Contents", [])}

    wait_until(lambda: put_aside <= kept())


def test_an_empty_file_is_refused(author):
    photo = author.call("POST", "/author/photos", {"fileName": "a.jpg", "contentType": "image/jpeg"}).json()
    form = photo["upload"]
    response = requests.post(form["url"], form["fields"], files={"file": ("x", b"")})
    assert response.status_code == 400
    assert "EntityTooSmall" in response.text
    assert author.call("GET", photo["url"]).json()["status"] == "waiting"


# ---- posts ----------------------------------------------------------------------------------------------------------

REFUSED_POSTS = {
    "CR/LF in the title": ({"title": "a\r\nSet-Cookie: x=1"}, "title"),
    "no title": ({"title": "   "}, "title"),
    "a title too long": ({"title": "x" * 201}, "title"),
    "a slug that is a reserved path": ({"title": "x", "slug": "tags"}, "slug"),
    "a slug with a path": ({"title": "x", "slug": "../assets"}, "slug"),
    "a slug in capitals": ({"title": "x", "slug": "ABOUT"}, "slug"),
    "CR/LF in the author": ({"title": "x", "author": "a\r\nb"}, "author"),
    "eleven tags": ({"title": "x", "tags": [f"tag{number}" for number in range(11)]}, "tags"),
    "markup in a tag": ({"title": "x", "tags": ["<b>"]}, "tags[0]"),
    "a body too long": ({"title": "x", "bodyMarkdown": "x" * 50_001}, "bodyMarkdown"),
    "a field that there is not": ({"title": "x", "html": "<b>"}, "html"),
}


@pytest.mark.parametrize("case", REFUSED_POSTS)
def test_an_invalid_post_is_refused_with_the_name_of_its_field(author, case):
    body, field = REFUSED_POSTS[case]
    response = author.call("POST", "/author/posts", body)
    assert response.status_code == 422, response.text
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_no_post_gets_a_reserved_path_as_its_slug(author):
    assert author.write("Tags")["slug"] != "tags"


HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "a javascript: link": f"[x]({LINK})",
    "an event handler": "<img src=x onerror=alert(1)>",
    "broken nesting": "</div></article></main></body></html><h1>mine</h1><table><tr><td><table>",
    "a style": "<p style='position:fixed;inset:0'>x</p><style>*{display:none}</style>",
}


def test_hostile_text_is_harmless_on_its_page_and_blocks_no_other_post(author):
    title = f"</title><script>alert('{secrets.token_hex(4)}')</script>"
    posts = {case: author.publish(title, bodyMarkdown=body, summary=title) for case, body in HOSTILE.items()}
    after = author.publish("A harmless post")
    for post in [*posts.values(), after]:
        path = f"/posts/{post['slug']}/"
        wait_until(lambda path=path: author.page(path).status_code == 200)
    for page in [*(f"/posts/{post['slug']}/" for post in posts.values()), "/", "/archive/"]:
        html = author.page(page).text
        assert "<script>" not in html, page
        tags = " ".join(re.findall(r"<[^>]+>", html))
        assert not re.search(r"\son\w+\s*=|javascript:|<style|\sstyle=", tags), page
        assert html.rstrip().endswith("</html>")
        assert html.count("<main") == html.count("</main>") == html.count("</html>") == 1
    feed = author.page("/feed.xml").text
    assert "<script>" not in feed
    for post in posts.values():
        assert author.call("DELETE", post["url"]).status_code == 204


# ---- keys, and addresses --------------------------------------------------------------------------------------------

KEYS = ["a b.jpg", "a+b.jpg", "100%.jpg", "%2e%2e%2findex.html", "été/日本.jpg", "<b>.jpg", "'\".jpg"]


def test_files_with_unusual_keys_are_quarantined_under_their_own_names(author):
    bucket, s3 = author.stage.outputs(APP)["UploadsBucketName"], author.stage.client("s3")
    for name in KEYS:
        s3.put_object(Bucket=bucket, Key=f"uploads/{name}", Body=b"x")

    def kept(prefix):
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {item["Key"].removeprefix(prefix) for item in found}

    wait_until(lambda: set(KEYS) <= kept("quarantine/"))
    wait_until(lambda: not set(KEYS) & kept("uploads/"))


ADDRESSES = {
    "CR/LF": "a@example.com\r\nBcc: victim@example.com",
    "a letter that looks like another": "re\u0430der@example.com",
    "a domain that looks like another": "reader@ex\u0430mple.com",
    "two addresses": "a@example.com,b@example.com",
    "a name and an address": "Ada <ada@example.com>",
    "too long before the @": "x" * 65 + "@example.com",
    "too long": "a@" + ("x" * 60 + ".") * 4 + "example.com",
    "markup": "<script>@example.com",
    "no domain": "reader@",
    "nothing": "",
}


@pytest.mark.parametrize("case", ADDRESSES)
def test_an_invalid_address_is_refused_and_nobody_gets_mail(author, case):
    response = author.ask("POST", "/subscribers", data={"address": ADDRESSES[case]})
    assert response.status_code == 422, response.text
    assert [error["field"] for error in response.json()["errors"]] == ["address"]
    assert author.mails("victim@example.com") == []


def test_many_requests_for_one_address_send_one_mail_and_their_responses_are_equal(author):
    address = f"flood-{secrets.token_hex(4)}@example.com"
    responses = {author.ask("POST", "/subscribers", data={"address": address}).text for _ in range(20)}
    assert len(responses) == 1
    wait_until(lambda: author.mails(address))
    last = f"after-{secrets.token_hex(4)}@example.com"
    author.ask("POST", "/subscribers", data={"address": last})
    wait_until(lambda: author.mails(last))
    assert len(author.mails(address)) == 1
