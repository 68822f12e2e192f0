"""The site bucket follows the posts, whatever the stream repeats or loses."""

from xml.etree import ElementTree

import msgspec
import pytest
from chalicelib.blog.pages import lists, markdown
from chalicelib.blog.pages.assets import assets
from chalicelib.blog.pages.feeds import FEED_LENGTH
from chalicelib.blog.photos.model import Photo, Rendition
from chalicelib.blog.publishing import object_headers, publisher
from chalicelib.blog.publishing.model import PhotoChange, Report
from chalicelib.blog.publishing.publisher import API_PATHS, RenderingFailed
from chalicelib.blog.publishing.site_bucket import SiteBucket
from chalicelib.blog.publishing.site_objects import site_objects
from chalicelib.blog.search.search_index import search
from hypothesis import given, settings
from hypothesis import strategies as st

from common.values import timestamp
from tests.unit.blog.moments import at
from tests.unit.blog.publishing_fakes import SITE, Crash, Fakes

# A text that becomes a page of more than a million characters, which is an error.
TOO_LARGE = "[a]: /" + "x" * 2000 + "\n\n" + "[a] " * 2000


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()


def test_a_published_post_has_a_page_and_is_on_all_lists(fakes: Fakes):
    fakes.publisher.sync([fakes.write("one", 1, ["walks"])])
    pages = {"index.html", "archive/index.html", "tags/index.html", "feed.xml", "sitemap.xml", "search/index.bin"}
    assert {"posts/one/index.html", "tags/walks/index.html", *pages} <= set(fakes.bucket.contents)
    for key in ("index.html", "feed.xml", "sitemap.xml", "tags/walks/index.html", "archive/index.html"):
        assert b"/posts/one/" in fakes.bucket.contents[key], key


def test_exactly_what_changed_is_written_and_invalidated(fakes: Fakes):
    posts = [fakes.write(f"post-{hour}", hour, [f"tag-{hour}"]) for hour in range(1, 7)]
    fakes.publisher.render_all("first")
    fakes.forget_traces()
    fakes.publisher.sync(fakes.change(posts[2], body_markdown="Other text"))
    assert set(fakes.bucket.written) == {"posts/post-3/index.html", "feed.xml", "search/index.bin"}
    expected = {"/posts/post-3/index.html", "/posts/post-3/", "/feed.xml", "/search/index.bin", *API_PATHS}
    assert set(fakes.cdn.paths) == expected
    assert len(fakes.cdn.paths) == len(expected)


def test_a_new_post_changes_its_neighbours_page_and_no_other(fakes: Fakes):
    first = [fakes.write(f"post-{hour}", hour) for hour in (1, 2, 4, 5)]
    fakes.publisher.render_all("first")
    fakes.forget_traces()
    fakes.publisher.sync([fakes.write("between", 3)])
    written = {key for key in fakes.bucket.written if key.startswith("posts/")}
    assert written == {f"posts/{slug}/index.html" for slug in ("between", first[1].slug, first[2].slug)}


@pytest.mark.parametrize("withdrawn", range(5))
def test_posts_of_the_same_date_stop_linking_to_one_that_is_withdrawn(fakes: Fakes, withdrawn: int):
    posts = [fakes.write(f"post-{number}", hour) for number, hour in enumerate((1, 2, 2, 2, 3))]
    fakes.publisher.render_all("first")
    fakes.publisher.sync(fakes.change(posts[withdrawn], status="draft"))
    link = f"/posts/post-{withdrawn}/".encode()
    assert [key for key, content in fakes.bucket.contents.items() if link in content] == []
    fakes.publisher.render_all("second")
    assert fakes.state.reports["second"] == Report(0, [], [])


CHANGES = st.tuples(
    st.integers(0, 11),
    st.fixed_dictionaries(
        {},
        optional={
            "tags": st.lists(st.sampled_from(["walks", "boats", "maps"]), unique=True),
            "status": st.sampled_from(["draft", "published"]),
            "title": st.sampled_from(["One", "Two"]),
            "published_at": st.integers(0, 20).map(lambda hour: timestamp(at(hour))),
        },
    ),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_what_one_change_after_the_other_leaves_is_what_rendering_everything_gives(changes):
    fakes = Fakes()
    posts = [fakes.write(f"post-{n}", n, [("walks", "boats", "maps")[n % 3], "walks"][: n % 3]) for n in range(12)]
    fakes.publisher.render_all("first")
    for number, change in changes:
        old, posts[number] = fakes.change(posts[number], **change)
        fakes.publisher.sync([old, posts[number]])
    fakes.publisher.render_all("second")
    assert fakes.state.reports["second"] == Report(0, [], [])


def test_an_event_that_comes_twice_or_late_changes_nothing(fakes: Fakes):
    post = fakes.write("one", 1)
    old, new = fakes.change(post, title="Another title")
    fakes.publisher.sync([old, new])
    fakes.forget_traces()
    for event in ([old, new], [post], [new, old]):
        fakes.publisher.sync(event)
    assert (fakes.bucket.written, fakes.cdn.paths) == ([], [])


def test_a_page_that_a_list_links_to_is_rendered_before_its_own_event(fakes: Fakes):
    changed = [fakes.write("one", 1, ["walks"])]
    fakes.write("two", 2, ["boats"])
    fakes.write("three", 3)
    fakes.publisher.sync(changed)
    sitemap = fakes.bucket.contents["sitemap.xml"].decode()
    named = {part.partition("</loc>")[0] for part in sitemap.split("<loc>")[1:]}
    assert {f"{SITE.url}/posts/{slug}/" for slug in ("one", "two", "three")} < named
    assert {url.removeprefix(f"{SITE.url}/") + "index.html" for url in named} <= set(fakes.bucket.contents)
    assert "tags/boats/index.html" in fakes.bucket.contents


def test_a_change_of_a_draft_renders_nothing(fakes: Fakes):
    post = fakes.write("one", 1)
    fakes.publisher.sync([msgspec.structs.replace(post, status="draft")])
    assert fakes.bucket.contents == {}


def test_the_pages_of_a_withdrawn_post_and_of_its_tag_are_deleted(fakes: Fakes):
    one, _two = fakes.write("one", 1, ["rare"]), fakes.write("two", 2, ["walks"])
    fakes.publisher.render_all("first")
    fakes.forget_traces()
    fakes.publisher.sync(fakes.change(one, status="draft"))
    gone = {"posts/one/index.html", "tags/rare/index.html"}
    assert not gone & set(fakes.bucket.contents)
    assert {"/posts/one/", "/tags/rare/"} <= set(fakes.cdn.paths)
    assert "posts/two/index.html" in fakes.bucket.contents
    assert all(b"/posts/one/" not in content for content in fakes.bucket.contents.values())


def test_the_page_of_a_post_that_is_no_longer_in_the_table_is_deleted(fakes: Fakes):
    post = fakes.write("one", 1)
    fakes.publisher.render_all("first")
    del fakes.state.posts[post.id]
    fakes.publisher.sync([post])
    assert "posts/one/index.html" not in fakes.bucket.contents


def test_a_former_slug_redirects_to_the_new_one(fakes: Fakes):
    post = fakes.write("one", 1)
    fakes.publisher.sync([post])
    fakes.publisher.sync(fakes.change(post, slug="two", former_slugs=["one"]))
    assert b'url=https://blog.example/posts/two/"' in fakes.bucket.contents["posts/one/index.html"]
    assert b"Text" in fakes.bucket.contents["posts/two/index.html"]


def test_the_last_pages_of_a_list_that_became_shorter_are_deleted(fakes: Fakes):
    posts = [fakes.write(f"post-{hour:02}", hour, ["walks"]) for hour in range(11)]
    fakes.publisher.render_all("first")
    assert {"page/2/index.html", "tags/walks/page/2/index.html"} <= set(fakes.bucket.contents)
    fakes.publisher.sync(fakes.change(posts[0], status="draft"))
    assert not {"page/2/index.html", "tags/walks/page/2/index.html"} & set(fakes.bucket.contents)


@pytest.mark.parametrize("writes", range(0, 14, 3))
def test_after_a_crash_between_writes_the_next_run_writes_and_invalidates_the_rest(fakes: Fakes, writes: int):
    post = fakes.write("one", 1, ["walks"])
    fakes.bucket.writes_left = writes
    with pytest.raises(Crash):
        fakes.publisher.sync([post])
    fakes.bucket.writes_left = 10_000
    fakes.publisher.sync([post])
    whole = Fakes()
    whole.put(post)
    whole.publisher.sync([post])
    assert fakes.bucket.contents == whole.bucket.contents
    assert set(fakes.cdn.paths) == set(whole.cdn.paths)


def test_after_a_crash_before_the_invalidation_the_next_run_invalidates(fakes: Fakes):
    post = fakes.write("one", 1)
    fakes.cdn.broken = True
    with pytest.raises(Crash):
        fakes.publisher.sync([post])
    fakes.cdn.broken = False
    fakes.publisher.sync([post])
    assert "/posts/one/" in fakes.cdn.paths
    assert fakes.state.paths == []


def test_one_post_that_cannot_be_rendered_does_not_hold_up_the_others(fakes: Fakes):
    changed = [fakes.write("good", 1), fakes.write("bad", 2, body=TOO_LARGE)]
    # It is not an exception, for which the stream would wait: the same text fails again.
    assert fakes.publisher.sync(changed).failed == ["posts/bad/index.html"]
    assert "posts/good/index.html" in fakes.bucket.contents
    assert "posts/bad/index.html" not in fakes.bucket.contents


def test_a_list_that_cannot_be_rendered_is_tried_again(fakes: Fakes, monkeypatch: pytest.MonkeyPatch):
    def fails(*_):
        raise ValueError("no list")

    monkeypatch.setattr(lists, "render_archive", fails)
    with pytest.raises(RenderingFailed, match="archive/index"):
        fakes.publisher.sync([fakes.write("one", 1)])
    assert "posts/one/index.html" in fakes.bucket.contents


def test_rendering_everything_says_what_cannot_be_rendered(fakes: Fakes):
    fakes.write("bad", 1, body=TOO_LARGE)
    fakes.publisher.render_all("first")
    assert fakes.state.reports["first"].failed == ["posts/bad/index.html"]
    assert "index.html" in fakes.bucket.contents


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> str:
    """A text that neither pages, feed nor search index can render."""

    def fails_for_poison(real):
        def make(text, *rest, **named):
            if text == "poison":
                raise ValueError("poison")
            return real(text, *rest, **named)

        return make

    for name in ("render", "plain_text"):
        monkeypatch.setattr(markdown, name, fails_for_poison(getattr(markdown, name)))
    return "poison"


def test_feed_and_search_leave_out_a_post_that_cannot_be_rendered(fakes: Fakes, poison: str, caplog):
    bad = fakes.write("bad", 3, body=poison)
    fakes.publisher.sync([bad])
    fakes.publisher.sync([fakes.write("good", 1), fakes.write("newer", 4)])
    feed = ElementTree.fromstring(fakes.bucket.contents["feed.xml"])
    titles = [title.text for title in feed.iterfind("{*}entry/{*}title")]
    assert titles == ["newer", "good"]
    found = search(fakes.bucket.contents["search/index.bin"], "text")
    assert [hit.post.slug for hit in found.hits] == ["newer", "good"]
    left_out = [record for record in caplog.records if record.message == "left out of feed and search"]
    assert [(record.post, bool(record.exc_info)) for record in left_out] == [(bad.id, True)]


def test_the_feed_has_its_full_length_when_a_post_is_left_out(fakes: Fakes, poison: str):
    for hour in range(FEED_LENGTH + 1):
        fakes.write(f"post-{hour}", hour, body=poison if hour == FEED_LENGTH else "Text")
    fakes.publisher.render_all("first")
    assert fakes.bucket.contents["feed.xml"].count(b"<entry>") == FEED_LENGTH


def test_rendering_everything_repairs_and_reports_what_was_not_up_to_date(fakes: Fakes):
    fakes.write("one", 1)
    fakes.publisher.render_all("first")
    fakes.bucket.contents["index.html"] = b"defaced"
    fakes.bucket.contents["posts/never-was/index.html"] = b"stray"
    del fakes.bucket.contents["feed.xml"]
    fakes.publisher.render_all("second")
    assert set(fakes.state.reports["second"].first) == {"index.html", "feed.xml", "posts/never-was/index.html"}
    fakes.publisher.render_all("third")
    assert fakes.state.reports["third"] == Report(0, [], [])


def test_a_ready_photo_is_shown_by_the_posts_that_name_it_only(fakes: Fakes):
    shown = fakes.write("shown", 1, ["walks"], "![A lock](photo:p1)")
    cover = fakes.put(msgspec.structs.replace(fakes.write("cover", 2), cover_photo_id="p1"))
    fakes.publisher.sync([shown, cover, fakes.write("other", 3)])
    assert b"A lock" in fakes.bucket.contents["posts/shown/index.html"]
    fakes.forget_traces()

    fakes.photos["p1"] = Photo("p1", "", 3, 2, "", [Rendition("/media/p1/v/3.jpeg", 3, 2, "jpeg")])
    fakes.publisher.sync([], {"p1"})
    assert set(fakes.bucket.written) == {
        "posts/shown/index.html",
        "posts/cover/index.html",
        "index.html",
        "feed.xml",
    }
    assert all(b"/media/p1/v/3.jpeg" in fakes.bucket.contents[key] for key in fakes.bucket.written)

    fakes.photos.clear()
    fakes.publisher.sync([], {"p1"})
    assert not any(b"/media/" in content for content in fakes.bucket.contents.values())


@pytest.mark.parametrize(
    ("before", "after", "is_deleted", "calls", "paths"),
    [
        (False, True, False, ["replicate p1"], []),
        (True, True, False, ["replicate p1"], ["/media/p1/v1/3.jpeg"]),
        (True, False, False, ["replicate p1"], ["/media/p1/v1/3.jpeg"]),
        (True, False, True, ["purge p1"], ["/media/p1/v1/3.jpeg"]),
        (False, False, True, ["purge p1"], []),
    ],
)
def test_files_of_a_photo_that_are_no_longer_shown_are_invalidated(
    fakes: Fakes, before, after, is_deleted, calls, paths
):
    first, second = (
        Photo("p1", "", 1, 1, "", [Rendition(f"/media/p1/{v}/3.jpeg", 3, 2, "jpeg")]) for v in ("v1", "v2")
    )
    change = PhotoChange("p1", first if before else None, second if after else None, is_deleted)
    fakes.publisher.invalidate(fakes.publisher.sync_photo(change))
    assert fakes.replicas.calls == calls
    assert fakes.cdn.paths == paths


def test_files_of_a_photo_whose_alternative_text_changes_are_not_invalidated(fakes: Fakes):
    photo = Photo("p1", "", 1, 1, "", [Rendition("/media/p1/v1/3.jpeg", 3, 2, "jpeg")])
    assert fakes.publisher.sync_photo(PhotoChange("p1", photo, msgspec.structs.replace(photo, alt="A"), False)) == []


def test_a_photo_that_no_published_post_shows_renders_nothing(fakes: Fakes):
    fakes.publisher.sync([fakes.write("one", 1)])
    fakes.forget_traces()
    fakes.publisher.sync([], {"p1"})
    assert (fakes.bucket.written, fakes.cdn.paths) == ([], [])


def test_old_assets_stay_for_pages_that_still_name_them(fakes: Fakes):
    fakes.bucket.contents["assets/site.0123456789abcdef.css"] = b"old"
    fakes.publisher.render_all("first")
    assert "assets/site.0123456789abcdef.css" in fakes.bucket.contents


def test_many_paths_are_invalidated_by_one_path_for_all(fakes: Fakes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(publisher, "MANY_PATHS", 3)
    fakes.cdn.broken = True
    with pytest.raises(Crash):
        fakes.publisher.sync([fakes.write("one", 1)])
    # The note is as short: an item of the table holds 400 KB.
    assert fakes.state.paths == ["/*"]
    fakes.cdn.broken = False
    fakes.publisher.sync([fakes.write("two", 2)])
    assert fakes.cdn.paths == ["/*"]


@pytest.fixture
def written_before(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """A site whose objects were written before the headers of pages were changed."""
    fakes.write("one", 1)
    fakes.publisher.render_all("first")
    fakes.forget_traces()
    fakes.clock.seconds += 60
    monkeypatch.setattr(object_headers, "PAGES", "public, max-age=30")
    return fakes


def test_objects_whose_headers_have_changed_are_written_once_more(written_before: Fakes):
    written_before.publisher.render_all("second")
    assert {"index.html", "posts/one/index.html", "feed.xml"} <= set(written_before.bucket.written)
    assert {"/", "/posts/one/", "/feed.xml"} <= set(written_before.cdn.paths)
    # The headers of these are as they were.
    assert not [key for key in written_before.bucket.written if key == "404.html" or key.startswith("assets/")]
    written_before.clock.seconds += 60
    written_before.publisher.render_all("third")
    assert written_before.state.reports["third"] == Report(0, [], [])


def test_after_a_crash_only_the_rest_of_the_objects_get_their_new_headers(written_before: Fakes):
    written_before.bucket.writes_left = 3
    with pytest.raises(Crash):
        written_before.publisher.render_all("second")
    written_before.bucket.writes_left = 10_000
    written_before.clock.seconds += 60
    written_before.publisher.render_all("second")
    assert len(written_before.bucket.written) == len(set(written_before.bucket.written))
    assert {"/", "/posts/one/", "/feed.xml"} <= set(written_before.cdn.paths)


def test_a_page_that_cannot_be_rendered_gets_its_new_headers_later(written_before: Fakes, poison: str):
    (post,) = written_before.state.published()
    old, broken = written_before.change(post, body_markdown=poison)
    written_before.publisher.render_all("second")
    assert "posts/one/index.html" not in written_before.bucket.written
    written_before.clock.seconds += 60
    written_before.put(old)
    written_before.publisher.sync([broken, old])
    assert "posts/one/index.html" in written_before.bucket.written


def test_every_object_has_its_content_type(fakes: Fakes):
    class Client:
        def __init__(self) -> None:
            self.types: dict[str, str] = {}

        def put_object(self, **request: str) -> None:
            self.types[request["Key"]] = request["ContentType"]

    client = Client()
    bucket = SiteBucket(lambda: client, "site")
    for key in site_objects(SITE, [fakes.write("one", 1, ["walks"])], {}):
        bucket.put(key, b"")
    assert [key for key, name in client.types.items() if name == "application/octet-stream"] == ["search/index.bin"]
    assert client.types["favicon.ico"] == "image/vnd.microsoft.icon"
    assert client.types[assets()["site.js"].path.removeprefix("/")] == "text/javascript; charset=utf-8"
