"""What authors do with posts, over the API."""

from datetime import UTC, datetime, timedelta

import pytest
from chalicelib.blog.posts.model import Post
from chalicelib.blog.posts.post_table import PostTable
from chalicelib.blog.posts.posts import Posts

from tests.unit.blog.photo_stage import announce
from tests.unit.blog.stage import PUBLIC_URL, Stage, path

AUTHORS_ROUTES = [
    ("GET", "/author/posts"),
    ("POST", "/author/posts"),
    ("GET", "/author/posts/019a2f3b7c40a1b2c3d4e5f60718"),
    ("PATCH", "/author/posts/019a2f3b7c40a1b2c3d4e5f60718"),
    ("DELETE", "/author/posts/019a2f3b7c40a1b2c3d4e5f60718"),
    ("GET", "/author/posts/019a2f3b7c40a1b2c3d4e5f60718/mailing"),
    ("POST", "/author/posts/019a2f3b7c40a1b2c3d4e5f60718/publish"),
    ("POST", "/author/posts/019a2f3b7c40a1b2c3d4e5f60718/unpublish"),
    ("POST", "/author/posts/019a2f3b7c40a1b2c3d4e5f60718/preview-link"),
    ("GET", "/author/photos"),
    ("POST", "/author/photos"),
    ("GET", "/author/photos/019a2f3b7c40a1b2c3d4e5f60719"),
    ("PATCH", "/author/photos/019a2f3b7c40a1b2c3d4e5f60719"),
    ("POST", "/author/photos/019a2f3b7c40a1b2c3d4e5f60719/upload-form"),
    ("DELETE", "/author/photos/019a2f3b7c40a1b2c3d4e5f60719"),
]
IDS = {"019a2f3b7c40a1b2c3d4e5f60718": "{post_id}", "019a2f3b7c40a1b2c3d4e5f60719": "{photo_id}"}


def test_every_route_below_author_is_tested_here(blog: Stage):
    declared = {
        (operation.method, operation.path) for operation in blog.module.api.operations if operation.group == "authors"
    }
    tested = {(method, "/".join(IDS.get(part, part) for part in route.split("/"))) for method, route in AUTHORS_ROUTES}
    assert tested == declared
    assert declared == {(one.method, one.path) for one in blog.module.api.operations if one.path.startswith("/author")}


@pytest.mark.parametrize(("method", "route"), AUTHORS_ROUTES)
@pytest.mark.parametrize("groups", [[], ["editors"], ["authors-to-be"]])
def test_a_user_who_is_no_author_is_refused(blog: Stage, method: str, route: str, groups: list[str]):
    response = blog.write(method, route, {"title": "x"} if method != "GET" else None, groups=groups)
    # Not 403, which the distribution replaces by a page.
    assert response.status == 404
    assert response.json["type"].endswith(":authors-only")
    assert blog.read(method, route).status == 401


def test_a_new_post_is_a_draft_that_only_authors_see(blog: Stage):
    post = blog.add("Hello, Wörld!", tags=["walks", "walks"], bodyMarkdown="Text")
    assert (post["slug"], post["status"], post["version"], post["tags"]) == ("hello-world", "draft", 1, ["walks"])
    assert post["pageUrl"] == f"{PUBLIC_URL}/posts/hello-world/"
    assert blog.read("GET", "/posts").json == []
    assert blog.read("GET", "/posts/hello-world").status == 404
    assert blog.write("GET", path(post)).json == post
    assert [one["id"] for one in blog.write("GET", "/author/posts").json] == [post["id"]]


@pytest.mark.parametrize("text", ["\u200b", "\xad", "\u2060", "\ufeff", "\u202e", "\ufdd0", " \u3164"])
def test_a_name_or_summary_has_something_in_it_that_can_be_seen(blog: Stage, text: str):
    post, photo = blog.add(), blog.write("POST", "/author/photos", {"fileName": "a", "contentType": "image/png"}).json
    for method, url, body in (
        ("POST", "/author/posts", {"title": text}),
        ("PATCH", path(post), {"title": text}),
        ("PATCH", path(post), {"author": text}),
        ("POST", "/author/posts", {"summary": text, "title": "a"}),
        ("PATCH", path(post), {"summary": text}),
        ("POST", "/author/photos", {"fileName": text, "contentType": "image/jpeg"}),
        ("POST", "/author/photos", {"alt": text, "fileName": "a", "contentType": "image/jpeg"}),
        ("PATCH", f"/author/photos/{photo['id']}", {"alt": text}),
    ):
        refused = blog.write(method, url, body)
        assert (refused.status, refused.field) == (422, next(iter(body))), body
        assert "can be seen" in refused.json["detail"]
    assert blog.write("PATCH", path(post), {"author": "", "summary": "", "title": f"{text}a{text}"}).status == 200


@pytest.mark.parametrize("character", ["汉", "😀", "\n", '"'])
def test_the_longest_text_can_be_sent_in_every_encoding(blog: Stage, character: str):
    text = character * 50_000
    assert blog.add(bodyMarkdown=text)["bodyMarkdown"] == text


@pytest.mark.parametrize("url", ["/author/posts?status=public", "/author/posts?status="])
def test_the_error_of_a_status_names_those_that_there_are(blog: Stage, url: str):
    refused = blog.write("GET", url)
    assert (refused.status, refused.field) == (400, "status")
    assert refused.json["errors"][0]["detail"] == "must be draft, published or scheduled"


def test_a_slug_that_is_taken_gets_a_number_but_a_chosen_one_is_refused(blog: Stage):
    blog.add("A walk")
    assert blog.add("A walk")["slug"] == "a-walk-2"
    refused = blog.write("POST", "/author/posts", {"title": "x", "slug": "a-walk"})
    assert (refused.status, refused.json["type"].rpartition(":")[2]) == (409, "slug-taken")


def test_a_published_post_keeps_its_slug_whatever_its_title_is(blog: Stage):
    post = blog.publish("Straße nach Ærø", slug="strae-nach-r")
    assert blog.write("PATCH", path(post), {"title": "Straße nach Ærøskøbing"}).json["slug"] == "strae-nach-r"
    assert blog.write("POST", f"{path(post)}/unpublish").json["slug"] == "strae-nach-r"
    assert blog.write("POST", f"{path(post)}/publish", {}).json["slug"] == "strae-nach-r"


@pytest.mark.parametrize("slug", ["api", "tags", "feed", "posts", "search", "page"])
def test_a_reserved_path_is_refused_as_a_slug(blog: Stage, slug: str):
    refused = blog.write("POST", "/author/posts", {"title": "x", "slug": slug})
    assert (refused.status, refused.field) == (422, "slug")
    assert blog.add(slug)["slug"] == f"{slug}-2"
    post = blog.add()
    assert blog.write("PATCH", path(post), {"slug": slug}).status == 422


@pytest.mark.parametrize("slug", ["A-Walk", "a walk", "-a", "a-", "a--b", "../x", "a/b", "a\n", "é", "%2e", ""])
def test_an_invalid_slug_is_refused(blog: Stage, slug: str):
    assert blog.write("POST", "/author/posts", {"title": "x", "slug": slug}).status == 422


def test_a_post_whose_page_is_too_large_is_not_published(blog: Stage):
    text = "[a]: /" + "x" * 2000 + "\n\n" + "[a] " * 2000
    draft = blog.add("Large", bodyMarkdown=text)
    for body in ({}, {"publishAt": "2100-01-01T00:00:00Z"}):
        response = blog.write("POST", f"{path(draft)}/publish", body)
        assert (response.status, response.field) == (422, "bodyMarkdown")
    small = blog.publish("Small")
    response = blog.write("PATCH", path(small), {"bodyMarkdown": text})
    assert (response.status, response.field) == (422, "bodyMarkdown")
    assert blog.write("PATCH", path(draft), {"title": "Still a draft"}).status == 200


def test_the_former_slug_of_a_post_that_was_only_scheduled_is_free(blog: Stage):
    post = blog.add("Planned")
    blog.write("POST", f"{path(post)}/publish", {"publishAt": "2100-01-01T00:00:00Z"})
    assert blog.write("PATCH", path(post), {"slug": "changed"}).json["formerSlugs"] == []


def test_a_title_without_letters_still_gets_a_slug(blog: Stage):
    assert blog.add("散歩")["slug"].startswith("post-")


@pytest.mark.parametrize("title", ["a\r\nBcc: x@example.com", "\x00", "", "x" * 201])
def test_titles_stay_on_one_line(blog: Stage, title: str):
    refused = blog.write("POST", "/author/posts", {"title": title})
    assert (refused.status, refused.field) == (422, "title")


def test_of_two_edits_of_one_version_one_wins(blog: Stage):
    post = blog.add()
    first = blog.write("PATCH", path(post), {"title": "mine"}, If_Match='"1.1"')
    second = blog.write("PATCH", path(post), {"title": "also mine"}, If_Match='"1.1"')
    assert (first.status, second.status) == (200, 412)
    assert first.headers["etag"] == '"1.2"'
    assert blog.write("GET", path(post)).json["title"] == "mine"


def test_a_change_without_effect_makes_no_new_version(blog: Stage):
    post = blog.add()
    assert blog.write("PATCH", path(post), {"title": post["title"]}).json == post


def test_a_slug_does_not_change_with_the_title(blog: Stage):
    post = blog.publish("A walk")
    assert blog.write("PATCH", path(post), {"title": "A run"}).json["slug"] == "a-walk"


def test_a_former_slug_of_a_public_post_redirects_to_it_and_cannot_be_taken(blog: Stage):
    post = blog.publish("A walk")
    changed = blog.write("PATCH", path(post), {"slug": "a-run"}).json
    assert changed["formerSlugs"] == ["a-walk"]
    moved = blog.read("GET", "/posts/a-walk")
    assert (moved.status, moved.headers["location"]) == (301, f"{PUBLIC_URL}/api/posts/a-run")
    assert blog.write("POST", "/author/posts", {"title": "x", "slug": "a-walk"}).status == 409
    back = blog.write("PATCH", path(post), {"slug": "a-walk"}).json
    assert (back["slug"], back["formerSlugs"]) == ("a-walk", ["a-run"])


def test_a_former_slug_of_a_draft_is_free(blog: Stage):
    post = blog.add("A walk")
    blog.write("PATCH", path(post), {"slug": "a-run"})
    assert blog.write("POST", "/author/posts", {"title": "x", "slug": "a-walk"}).status == 201


def test_a_post_goes_public_and_back(blog: Stage):
    post = blog.publish("A walk", bodyMarkdown="Text")
    assert [one["slug"] for one in blog.read("GET", "/posts").json] == ["a-walk"]
    assert blog.read("GET", "/posts/a-walk").json["bodyMarkdown"] == "Text"
    withdrawn = blog.write("POST", f"{path(post)}/unpublish").json
    assert withdrawn["status"] == "draft"
    assert blog.read("GET", "/posts").json == []
    again = blog.write("POST", f"{path(post)}/publish", {}).json
    assert again["publishedAt"] == post["publishedAt"]


def test_a_deleted_post_leaves_nothing(blog: Stage):
    post = blog.publish("A walk")
    blog.write("PATCH", path(post), {"slug": "a-run"})
    assert blog.write("DELETE", path(post), If_Match='"1.1"').status == 412
    assert blog.write("DELETE", path(post)).status == 204
    assert blog.partitions() == set()
    assert blog.write("GET", path(post)).status == 404


def test_a_scheduled_post_waits_for_its_time(blog: Stage):
    post = blog.add("Later")
    later = datetime.now(UTC) + timedelta(hours=1)
    scheduled = blog.write("POST", f"{path(post)}/publish", {"publishAt": later.isoformat()}).json
    assert scheduled["status"] == "scheduled"
    assert blog.composition.posts.publish_due() == []
    assert blog.read("GET", "/posts/later").status == 404
    blog.composition.posts._now = lambda: later + timedelta(seconds=30)
    try:
        assert blog.composition.posts.publish_due() == [post["id"]]
        assert blog.composition.posts.publish_due() == []
    finally:
        blog.composition.posts._now = lambda: datetime.now(UTC)
    published = blog.read("GET", "/posts/later").json
    assert published["publishedAt"] == scheduled["publishedAt"]


def test_a_post_of_the_past_keeps_its_own_date_among_the_others(blog: Stage):
    """The archive of a blog that moves in."""
    new, old = blog.publish("New"), blog.add("Old")
    response = blog.write("POST", f"{path(old)}/publish", {"publishAt": "2011-05-04T10:00:00+02:00"})
    assert (response.json["status"], response.json["publishedAt"]) == ("published", "2011-05-04T08:00:00.000Z")
    assert [one["slug"] for one in blog.read("GET", "/posts").json] == [new["slug"], old["slug"]]
    # A date that readers have seen stays.
    for body in ({"publishAt": "2012-01-01T00:00:00Z"}, {}):
        assert blog.write("POST", f"{path(old)}/unpublish").status == 200
        again = blog.write("POST", f"{path(old)}/publish", body).json
        assert again["publishedAt"] == "2011-05-04T08:00:00.000Z"


def test_a_cover_must_be_a_photo_when_it_is_sent(blog: Stage):
    photo, never = announce(blog)["id"], "0" * 28
    refused = blog.write("POST", "/author/posts", {"title": "x", "coverPhotoId": never})
    assert (refused.status, refused.field) == (422, "coverPhotoId")
    assert [key for key in blog.partitions() if "post" in key] == []
    post = blog.add(coverPhotoId=photo)
    refused = blog.write("PATCH", path(post), {"coverPhotoId": never})
    assert (refused.status, refused.field) == (422, "coverPhotoId")
    # The post can be changed after its cover was deleted.
    assert blog.write("DELETE", f"/author/photos/{photo}").status == 204
    assert blog.write("PATCH", path(post), {"title": "y"}).status == 200
    assert blog.write("PATCH", path(post), {"coverPhotoId": None}).json["coverPhotoId"] is None


NO_TIMES = ["tomorrow", "2030-02-30T00:00:00Z", "2030-01-01T00:00:00", "2999-12-31T23:59:59-23:00"]


def test_a_public_post_that_is_scheduled_again_keeps_its_date_and_its_slugs(blog: Stage):
    post = blog.publish("Anew")
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    scheduled = blog.write("POST", f"{path(post)}/publish", {"publishAt": later}).json
    assert (scheduled["status"], scheduled["publishedAt"] > post["publishedAt"]) == ("scheduled", True)
    draft = blog.write("POST", f"{path(post)}/unpublish").json
    assert (draft["status"], draft["publishedAt"]) == ("draft", post["publishedAt"])
    moved = blog.write("PATCH", path(post), {"slug": "elsewhere"}).json
    assert moved["formerSlugs"] == ["anew"]
    again = blog.write("POST", f"{path(post)}/publish", {}).json
    assert (again["status"], again["publishedAt"]) == ("published", post["publishedAt"])


@pytest.mark.parametrize("moment", NO_TIMES)
def test_an_invalid_time_is_refused(blog: Stage, moment: str):
    refused = blog.write("POST", f"{path(blog.add())}/publish", {"publishAt": moment})
    assert (refused.status, refused.field) == (422, "publishAt")


def test_a_preview_needs_its_token_and_a_new_link_replaces_the_old(blog: Stage):
    post = blog.add("Hidden", bodyMarkdown="Not *yet*.")
    link = post["previewUrl"].removeprefix(f"{PUBLIC_URL}/api")
    shown = blog.read("GET", link)
    assert (shown.status, shown.headers["cache-control"]) == (200, "private, no-store")
    assert b"<em>yet</em>" in shown.body
    assert blog.read("GET", link[:-1] + ("0" if link[-1] != "0" else "1")).status == 404
    renewed = blog.write("POST", f"{path(post)}/preview-link").json
    assert blog.read("GET", link).status == 404
    assert blog.read("GET", renewed["previewUrl"].removeprefix(f"{PUBLIC_URL}/api")).status == 200


def test_a_preview_says_why_a_text_cannot_be_published(blog: Stage):
    post = blog.add(bodyMarkdown="[a]: /" + "x" * 20_000 + "\n\n" + "[a]\n" * 7_000)
    link = post["previewUrl"].removeprefix(f"{PUBLIC_URL}/api")
    refused = blog.read("GET", link)
    assert (refused.status, refused.field) == (422, "bodyMarkdown")
    assert b"1000000 characters" in blog.read("GET", link, Accept="text/html").body


def test_a_post_that_others_keep_changing_does_not_hold_up_the_other_scheduled_posts(blog: Stage):
    contested, other = blog.add("Contested"), blog.add("Other")
    soon = datetime.now(UTC) + timedelta(hours=1)
    for post in (contested, other):
        blog.write("POST", f"{path(post)}/publish", {"publishAt": soon.isoformat()})

    class Contested(PostTable):
        def replace(self, old: Post, new: Post) -> bool:
            return old.id != contested["id"] and super().replace(old, new)

    table = blog.composition.tables.posts
    store = Contested(table._client, "posts", table._run)
    due = Posts(store, lambda: soon + timedelta(seconds=1), sleep=lambda seconds: None).publish_due()
    assert due == [other["id"]]
    assert blog.write("GET", path(contested)).json["status"] == "scheduled"
