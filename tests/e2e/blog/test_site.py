"""MyBlog for its readers and authors: an author's changes appear on the site."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from local_aws.testing import wait_until
from tests.e2e.blog.people import APP, Author, Reader

SECURITY = ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options")


@pytest.fixture(scope="module")
def ada(stage):
    return Author(stage)


@pytest.fixture(scope="module")
def reader(stage):
    return Reader(stage)


def is_hit(response: requests.Response) -> bool:
    """Whether the edge had it."""
    return response.headers["X-Cache"].startswith("Hit")


def unique(word: str) -> str:
    return f"{word} {secrets.token_hex(4)}"


def test_the_demo_posts_are_read_as_pages(reader):
    # Other tests may have published since, so it need not be on the first page.
    wait_until(reader.has("/archive/", "Ice on the inside of a window"))
    page = reader.page("/posts/ice-on-the-inside/")
    assert page.status_code == 200
    assert "crystal on crystal" in page.text
    # How long the edge keeps it is not said to caches that publishing cannot reach.
    assert page.headers["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"
    wait_until(lambda: reader.page("/posts/ice-on-the-inside/"), until=is_hit)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for path in ("/archive/", "/tags/water/", "/sitemap.xml"):
        assert "ice-on-the-inside" in reader.page(path).text, path
    for path in ("/tags/", "/feed.xml"):
        assert reader.page(path).status_code == 200, path
    assert reader.page("/page/2/").status_code == 200


def test_an_address_without_a_slash_redirects_to_the_one_with_it(reader):
    moved = reader.page("/posts/ice-on-the-inside")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/posts/ice-on-the-inside/")
    page = reader.page(moved.headers["Location"])
    assert {name: moved.headers[name] for name in SECURITY} == {name: page.headers[name] for name in SECURITY}


@pytest.mark.parametrize("path", ["/", "/archive/", "/tags"])
def test_www_redirects_to_the_same_address_without_it(reader, path):
    moved = reader.page(path, Host="www.blog.example")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"https://blog.example{path}")
    assert moved.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/feed", "/feed/", "/rss", "/rss.xml", "/atom.xml", "/index.xml"])
def test_the_usual_addresses_of_a_feed_redirect_to_it(reader, path):
    moved = reader.page(path)
    assert (moved.status_code, moved.headers["Location"]) == (301, "/feed.xml")
    assert moved.headers["X-Content-Type-Options"] == "nosniff"


def test_a_post_about_feeds_keeps_its_address(ada, reader):
    post = ada.publish(unique("Feed"))
    path = f"/posts/{post['slug']}/"
    wait_until(reader.has(path, post["title"]))
    assert reader.page(path.rstrip("/")).headers["Location"] == path


def test_the_feed_is_compressed(reader):
    feed = reader.page("/feed.xml", Accept_Encoding="gzip")
    assert feed.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert feed.headers["Content-Encoding"] == "gzip"
    assert feed.text.startswith("<?xml")


def test_an_absent_page_is_kept_by_nobody_and_is_there_as_soon_as_it_is_published(ada, reader):
    post = ada.write(unique("Awaited"))
    path = f"/posts/{post['slug']}/"
    for _ in range(2):
        absent = reader.page(path)
        assert (absent.status_code, absent.headers["Cache-Control"]) == (404, "no-cache")
    ada.call("POST", f"{post['url']}/publish", {})
    wait_until(reader.has(path, post["title"]))


def test_a_list_of_the_api_is_kept_at_the_edge_and_caches_behind_it_are_told_a_minute(reader):
    for path in ("/posts?limit=7", "/tags", "/search?q=ice"):
        # Publishing in other tests invalidates them.
        hit = wait_until(lambda path=path: reader.ask("GET", path), until=is_hit)
        assert hit.headers["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"
    assert reader.ask("GET", "/posts/nothing").headers["Cache-Control"] == "no-store"


def test_the_site_bucket_cannot_be_read_directly(stage):
    bucket, endpoint = stage.outputs(APP)["SiteBucketName"], stage.document["endpoint_url"]
    for key in ("index.html", "search/index.bin"):
        assert requests.get(f"{endpoint}/{bucket}/{key}").status_code == 403


def test_a_post_is_written_previewed_published_changed_and_withdrawn(ada, reader):
    title = unique("Published")
    post = ada.write(title, bodyMarkdown="First *text*.", tags=["testing"])
    path = f"/posts/{post['slug']}/"
    preview = reader.ask("GET", post["previewUrl"])
    assert preview.status_code == 200
    assert "<em>text</em>" in preview.text
    assert "no-store" in preview.headers["Cache-Control"]
    assert reader.page(path).status_code == 404
    ada.call("POST", f"{post['url']}/publish", {})
    wait_until(reader.has(path, "<em>text</em>"))
    for listed in ("/", "/tags/testing/", "/archive/", "/feed.xml", "/sitemap.xml"):
        wait_until(reader.has(listed, post["slug"]))
    ada.call("PATCH", post["url"], {"bodyMarkdown": "Second text."})
    wait_until(reader.has(path, "Second text."))
    ada.call("POST", f"{post['url']}/unpublish")
    wait_until(lambda: reader.page(path).status_code == 404)
    wait_until(lambda: post["slug"] not in reader.page("/feed.xml").text)


def test_the_longest_text_is_published_in_the_longest_encoding(ada, reader):
    # `json=` sends a character as two escapes of six bytes each.
    post = ada.publish(unique("Long"), bodyMarkdown="\U00020000" * 50_000)
    wait_until(lambda: "\U00020000" * 50_000 in reader.page(f"/posts/{post['slug']}/").content.decode())
    assert ada.call("DELETE", post["url"]).status_code == 204


def test_a_changed_slug_redirects(ada, reader):
    post = ada.publish(unique("Moved"))
    new = f"moved-to-{secrets.token_hex(4)}"
    assert ada.call("PATCH", post["url"], {"slug": new}).status_code == 200
    wait_until(reader.has(f"/posts/{post['slug']}/", f"/posts/{new}/"))
    moved = wait_until(
        lambda: reader.ask("GET", f"/posts/{post['slug']}"), until=lambda response: response.status_code == 301
    )
    assert moved.headers["Location"].endswith(f"/posts/{new}")


def test_of_two_authors_who_edit_one_version_one_is_refused(ada):
    post = ada.write(unique("Contended"))
    etag = ada.call("GET", post["url"]).headers["ETag"]
    first = ada.call("PATCH", post["url"], {"title": "mine"}, If_Match=etag)
    second = ada.call("PATCH", post["url"], {"title": "also mine"}, If_Match=etag)
    assert (first.status_code, second.status_code) == (200, 412)


@pytest.mark.parametrize("path", ["/posts", "/tags", "/posts/ice-on-the-inside"])
def test_head_is_allowed_wherever_get_is(reader, path):
    # Twice: the second time from the edge.
    for _ in range(2):
        asked, got = reader.ask("HEAD", path), reader.ask("GET", path)
        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["ETag"] == got.headers["ETag"]


def test_one_of_many_concurrent_requests_gets_a_slug(ada):
    wanted, posts = f"wanted-{secrets.token_hex(4)}", [ada.write(unique("Wants")) for _ in range(5)]
    with ThreadPoolExecutor(len(posts)) as pool:
        responses = list(pool.map(lambda post: ada.call("PATCH", post["url"], {"slug": wanted}).status_code, posts))
    assert sorted(responses) == [200, 409, 409, 409, 409]


def test_concurrent_posts_with_one_title_get_different_slugs(ada):
    title = unique("Same")
    with ThreadPoolExecutor(5) as pool:
        slugs = list(pool.map(lambda _: ada.write(title)["slug"], range(5)))
    assert len(set(slugs)) == 5


def test_only_authors_write(stage, reader):
    bob = Author(stage, "bob")
    directly = stage.document["apps"][APP]["preview_url"].replace("/preview/", "/api/")
    for url in ("/author/posts", f"{directly.rstrip('/')}/author/posts"):
        response = bob.call("POST", url, {"title": "x"})
        assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json"), url
        assert response.json()["type"].endswith(":authors-only")
    assert reader.ask("POST", "/author/posts", json={"title": "x"}).status_code == 401


def test_an_absent_address_is_a_page_of_the_site_and_a_problem_of_the_api(ada, reader):
    for path in ("/nothing/", "/nothing.txt", "/media/nothing.webp"):
        page = reader.page(path)
        assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8"), path
        assert "<main" in page.text
    for response in (reader.ask("GET", "/posts/nothing"), ada.call("GET", f"/author/posts/{'0' * 28}")):
        assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")
        assert response.json()["type"].endswith("not-found")


def scheduled(ada):
    """A post that is scheduled for a few seconds later, or more on a slow machine."""
    for seconds in (2, 10, 50):
        post = ada.write(unique("Scheduled"))
        soon = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        if ada.call("POST", f"{post['url']}/publish", {"publishAt": soon}).json()["status"] == "scheduled":
            return post
    return pytest.fail("no post was scheduled")


def test_a_scheduled_post_is_published_at_its_time(ada, stage, reader):
    post = scheduled(ada)
    # The clock calls it every minute; what it calls is called here.
    function = f"blog-{stage.document['stage']}-publish_scheduled"
    event = {name: "" for name in ("version", "account", "region", "detail-type", "source", "time", "id")}
    call = {**event, "detail": {}, "resources": []}

    def published() -> str:
        stage.client("lambda").invoke(FunctionName=function, Payload=json.dumps(call))
        return str(ada.call("GET", post["url"]).json()["status"])

    wait_until(published, until=lambda status: status == "published")
    wait_until(reader.has(f"/posts/{post['slug']}/", post["title"]))


def test_search_finds_words_of_the_text_as_page_and_as_json(ada, reader):
    word = f"zyx{secrets.token_hex(4)}"
    post = ada.publish(unique("Searched"), bodyMarkdown=f"The word is {word}.")
    found = wait_until(lambda: reader.ask("GET", "/search", params={"q": word}).json())
    assert [one["slug"] for one in found] == [post["slug"]]
    page = reader.ask("GET", "/search", params={"q": word}, headers={"Accept": "text/html"})
    assert f"/posts/{post['slug']}/" in page.text


def test_rendering_everything_repairs_the_site_and_reports_the_repairs(stage, reader):
    wait_until(reader.has("/archive/", "Ice on the inside of a window"))
    bucket = stage.outputs(APP)["SiteBucketName"]
    stage.client("s3").put_object(Bucket=bucket, Key="posts/counting-swifts/index.html", Body=b"defaced")
    done = stage.deploy("task", APP, "render_all")
    assert done.returncode == 0, done.stderr
    assert "posts/counting-swifts/index.html" in done.stdout
    assert "screaming" in reader.page("/posts/counting-swifts/").text
    assert "everything was up to date" in stage.deploy("task", APP, "render_all").stdout
