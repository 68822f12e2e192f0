"""The API for readers."""

import pytest
from chalicelib.blog.search.search_index import search_index

from tests.unit.aws import aws_client
from tests.unit.blog.stage import PUBLIC_URL, Stage


def slugs(response) -> list[str]:
    return [post["slug"] for post in response.json]


def test_the_pages_of_the_list_have_every_post_the_newest_first(blog: Stage):
    made = [blog.publish(f"Post {number}")["slug"] for number in range(5)]
    seen, url = [], "/posts?limit=2"
    while url:
        response = blog.read("GET", url)
        seen += slugs(response)
        link = response.headers.get("link", "")
        url = link.partition(">")[0].removeprefix(f"<{PUBLIC_URL}/api") if link else ""
    assert seen == made[::-1]


def test_a_tag_filters_the_list(blog: Stage):
    blog.publish("One", tags=["walks"])
    blog.publish("Two", tags=["walks", "light"])
    blog.add("Three", tags=["light"])
    assert slugs(blog.read("GET", "/posts?tag=walks")) == ["two", "one"]
    assert slugs(blog.read("GET", "/posts?tag=none")) == []
    assert blog.read("GET", "/tags").json == [{"tag": "light", "posts": 1}, {"tag": "walks", "posts": 2}]


def test_a_cursor_is_valid_for_its_list_only(blog: Stage):
    for number in range(3):
        blog.publish(f"Post {number}")
    link = blog.read("GET", "/posts?limit=1").headers["link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]
    assert blog.read("GET", f"/posts?tag=x&cursor={cursor}").status == 400
    assert blog.write("GET", f"/author/posts?status=published&cursor={cursor}").status == 400


def test_cacheable_responses_have_cache_headers_and_answer_304(blog: Stage):
    blog.publish("One")
    for url in ("/posts", "/posts/one", "/tags"):
        response = blog.read("GET", url)
        assert response.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"
        assert blog.read("GET", url, If_None_Match=response.headers["etag"]).status == 304


def test_no_public_response_contains_a_preview_link(blog: Stage):
    post = blog.publish("One")
    secret = post["previewUrl"].partition("token=")[2]
    for url in ("/posts", "/posts/one", "/search?q=one"):
        assert secret.encode() not in blog.read("GET", url).body


def test_links_that_people_follow_work_with_parameters_that_others_add_and_lists_stay_strict(blog: Stage):
    preview = blog.add("A draft")["previewUrl"].partition("/api")[2]
    for url in ("/search?q=map&fbclid=1", "/search?fbclid=1&fbclid=2", f"{preview}&utm_source=mail"):
        assert blog.read("GET", url).status == 200, url
    for url in ("/search?q=map&q=well", preview.replace("token", "utm_source")):
        assert blog.read("GET", url).status == 400, url
    for url in ("/posts?fbclid=1", "/tags?fbclid=1", "/config?fbclid=1"):
        assert blog.read("GET", url).status == 400, url


def test_the_response_for_an_unreachable_region_is_a_problem_or_a_page(blog: Stage):
    program, browser = blog.read("GET", "/unavailable"), blog.read("GET", "/unavailable", Accept="text/html,*/*")
    # The distribution changes the status to 503.
    for response in (program, browser):
        assert (response.status, response.headers["retry-after"]) == (200, "60")
        assert "no-store" in response.headers["cache-control"]
        assert b"does not respond" in response.body
    assert program.headers["content-type"] == "application/problem+json"
    assert (program.json["status"], program.json["type"].rpartition(":")[2]) == (503, "unavailable")
    assert browser.headers["content-type"] == "text/html; charset=utf-8"


def test_search_without_an_index_finds_nothing(blog: Stage):
    assert blog.read("GET", "/search?q=heron").json == []


def test_search_reads_the_index_that_publishing_wrote(blog: Stage):
    blog.publish("A walk", bodyMarkdown="Three herons.")
    posts = blog.composition.tables.posts.published()
    aws_client("s3").put_object(Bucket="site", Key="search/index.bin", Body=search_index(posts))
    assert slugs(blog.read("GET", "/search?q=herons")) == ["a-walk"]
    assert slugs(blog.read("GET", "/search?q=cats")) == []
    page = blog.read("GET", "/search?q=%3Cscript%3E", Accept="text/html,*/*")
    assert page.headers["content-type"].startswith("text/html")
    assert b"<script>" not in page.body


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "nope=1", "tag=A+B", "cursor=x"])
def test_an_invalid_query_is_refused(blog: Stage, query: str):
    assert blog.read("GET", f"/posts?{query}").status == 400


def test_a_browser_gets_a_problem_as_a_page(blog: Stage):
    page = blog.read("GET", "/posts/none", Accept="text/html")
    assert page.status == 404
    assert page.headers["content-type"].startswith("text/html")
    assert blog.read("GET", "/posts/none").headers["content-type"] == "application/problem+json"
