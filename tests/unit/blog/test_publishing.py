"""The site bucket follows the posts, whatever the stream repeats or loses."""

import hashlib
import logging
from collections.abc import Collection, Sequence
from xml.etree import ElementTree

import msgspec
import pytest
from chalicelib.blog.pages import lists, markdown
from chalicelib.blog.pages import posts as pages
from chalicelib.blog.pages.feeds import FEED_LENGTH
from chalicelib.blog.pages.site import Site
from chalicelib.blog.photos.model import Photo, Rendition
from chalicelib.blog.posts.model import NewPost, Post, new_post
from chalicelib.blog.publishing import publisher
from chalicelib.blog.publishing.model import PhotoChange, Report
from chalicelib.blog.publishing.publisher import API_PATHS, Publisher, RenderingFailed
from chalicelib.blog.search.search_index import search

from common.values import timestamp
from tests.unit.blog.moments import at

SITE = Site("MyBlog", "https://blog.example", "Notes", "en", "Ada")
LOG = logging.getLogger("test_publishing")


class Crash(Exception):
    """The function ended in the middle."""


class State:
    """Posts, and the notes of publishing."""

    def __init__(self) -> None:
        self.posts: dict[str, Post] = {}
        self.paths: list[str] = []
        self.reports: dict[str, Report] = {}

    def published(self) -> list[Post]:
        public = [post for post in self.posts.values() if post.is_published]
        return sorted(public, key=lambda post: post.published_at or "", reverse=True)

    def unfinished(self) -> list[str]:
        return self.paths

    def begin(self, paths: Sequence[str]) -> None:
        self.paths = list(paths)

    def finish(self) -> None:
        self.paths = []

    def report(self, request: str, report: Report) -> None:
        self.reports[request] = report


class Shelf(dict[str, Photo]):
    """The photos that are ready."""

    def ready(self, photo_ids: Collection[str]) -> dict[str, Photo]:
        return {one: self[one] for one in photo_ids if one in self}


class Replicas:
    """All photos were made in this region."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def replicate(self, photo_id: str, photo: Photo | None) -> None:
        self.calls.append(f"replicate {photo_id}")

    def purge(self, photo_id: str) -> None:
        self.calls.append(f"purge {photo_id}")


class Bucket:
    """Objects, and how often each was written."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.written: list[str] = []
        self.writes_left = 10_000

    def etags(self) -> dict[str, str]:
        return {key: hashlib.md5(content).hexdigest() for key, content in self.objects.items()}

    def put(self, key: str, content: bytes) -> None:
        if not self.writes_left:
            raise Crash
        self.writes_left -= 1
        self.objects[key] = content
        self.written.append(key)

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)


class Cdn:
    """What was invalidated; it may be out of order."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.broken = False

    def invalidate(self, paths: Sequence[str]) -> None:
        if self.broken:
            raise Crash
        self.paths += paths


class House:
    """A publisher on fakes."""

    def __init__(self) -> None:
        self.state, self.photos, self.bucket, self.cdn = State(), Shelf(), Bucket(), Cdn()
        self.replicas = Replicas()
        self.publisher = Publisher(
            posts=self.state,
            notes=self.state,
            photos=self.photos,
            replicas=self.replicas,
            site=SITE,
            store=self.bucket,
            edge=self.cdn,
            log=LOG,
        )

    def write(self, slug: str, hour: int, tags: Sequence[str] = (), body: str = "Text") -> Post:
        post = new_post(NewPost(title=slug, slug=slug, tags=list(tags), body_markdown=body), at(hour))
        return self.put(msgspec.structs.replace(post, status="published", published_at=timestamp(at(hour))))

    def put(self, post: Post) -> Post:
        self.state.posts[post.id] = post
        return post

    def change(self, old: Post, **changes: object) -> tuple[Post, Post]:
        return old, self.put(msgspec.structs.replace(old, version=old.version + 1, **changes))

    def forget_traces(self) -> None:
        self.bucket.written.clear()
        self.cdn.paths.clear()


@pytest.fixture
def house() -> House:
    return House()


def test_a_published_post_is_there_with_all_that_leads_to_it(house: House):
    house.publisher.sync([house.write("one", 1, ["walks"])])
    pages = {"index.html", "archive/index.html", "tags/index.html", "feed.xml", "sitemap.xml", "search/index.bin"}
    assert {"posts/one/index.html", "tags/walks/index.html", *pages} <= set(house.bucket.objects)
    for key in ("index.html", "feed.xml", "sitemap.xml", "tags/walks/index.html", "archive/index.html"):
        assert b"/posts/one/" in house.bucket.objects[key], key


def test_exactly_what_changed_is_written_and_invalidated(house: House):
    posts = [house.write(f"post-{hour}", hour, [f"tag-{hour}"]) for hour in range(1, 7)]
    house.publisher.render_all("first")
    house.forget_traces()
    house.publisher.sync(house.change(posts[2], body_markdown="Other text"))
    assert set(house.bucket.written) == {"posts/post-3/index.html", "feed.xml", "search/index.bin"}
    expected = {"/posts/post-3/index.html", "/posts/post-3/", "/feed.xml", "/search/index.bin", *API_PATHS}
    assert set(house.cdn.paths) == expected
    assert len(house.cdn.paths) == len(expected)


def test_a_new_post_changes_its_neighbours_page_and_no_other(house: House):
    first = [house.write(f"post-{hour}", hour) for hour in (1, 2, 4, 5)]
    house.publisher.render_all("first")
    house.forget_traces()
    house.publisher.sync([house.write("between", 3)])
    written = {key for key in house.bucket.written if key.startswith("posts/")}
    assert written == {f"posts/{slug}/index.html" for slug in ("between", first[1].slug, first[2].slug)}


@pytest.mark.parametrize("withdrawn", range(5))
def test_posts_of_one_moment_do_not_go_on_naming_one_that_is_withdrawn(house: House, withdrawn: int):
    posts = [house.write(f"post-{number}", hour) for number, hour in enumerate((1, 2, 2, 2, 3))]
    house.publisher.render_all("first")
    house.publisher.sync(house.change(posts[withdrawn], status="draft"))
    link = f"/posts/post-{withdrawn}/".encode()
    assert [key for key, content in house.bucket.objects.items() if link in content] == []
    house.publisher.render_all("second")
    assert house.state.reports["second"] == Report(0, [], [])


def test_an_event_that_comes_twice_or_late_changes_nothing(house: House):
    post = house.write("one", 1)
    old, new = house.change(post, title="Another title")
    house.publisher.sync([old, new])
    house.forget_traces()
    for event in ([old, new], [post], [new, old]):
        house.publisher.sync(event)
    assert (house.bucket.written, house.cdn.paths) == ([], [])


def test_nothing_names_a_page_that_a_later_event_would_bring(house: House):
    changed = [house.write("one", 1, ["walks"])]
    house.write("two", 2, ["boats"])
    house.write("three", 3)
    house.publisher.sync(changed)
    sitemap = house.bucket.objects["sitemap.xml"].decode()
    named = {part.partition("</loc>")[0] for part in sitemap.split("<loc>")[1:]}
    assert {f"{SITE.url}/posts/{slug}/" for slug in ("one", "two", "three")} < named
    assert {url.removeprefix(f"{SITE.url}/") + "index.html" for url in named} <= set(house.bucket.objects)
    assert "tags/boats/index.html" in house.bucket.objects


def test_drafts_set_nothing_going(house: House):
    post = house.write("one", 1)
    house.publisher.sync([msgspec.structs.replace(post, status="draft")])
    assert house.bucket.objects == {}


def test_a_withdrawn_post_and_its_tag_are_gone(house: House):
    one, _two = house.write("one", 1, ["rare"]), house.write("two", 2, ["walks"])
    house.publisher.render_all("first")
    house.forget_traces()
    house.publisher.sync(house.change(one, status="draft"))
    gone = {"posts/one/index.html", "tags/rare/index.html"}
    assert not gone & set(house.bucket.objects)
    assert {"/posts/one/", "/tags/rare/"} <= set(house.cdn.paths)
    assert "posts/two/index.html" in house.bucket.objects
    assert all(b"/posts/one/" not in content for content in house.bucket.objects.values())


def test_a_deleted_post_is_gone_though_nothing_of_it_is_left_in_the_table(house: House):
    post = house.write("one", 1)
    house.publisher.render_all("first")
    del house.state.posts[post.id]
    house.publisher.sync([post])
    assert "posts/one/index.html" not in house.bucket.objects


def test_a_former_slug_leads_to_the_new_one(house: House):
    post = house.write("one", 1)
    house.publisher.sync([post])
    house.publisher.sync(house.change(post, slug="two", former_slugs=["one"]))
    assert b'url=https://blog.example/posts/two/"' in house.bucket.objects["posts/one/index.html"]
    assert b"Text" in house.bucket.objects["posts/two/index.html"]


def test_pages_of_a_list_that_became_shorter_are_gone(house: House):
    posts = [house.write(f"post-{hour:02}", hour, ["walks"]) for hour in range(11)]
    house.publisher.render_all("first")
    assert {"page/2/index.html", "tags/walks/page/2/index.html"} <= set(house.bucket.objects)
    house.publisher.sync(house.change(posts[0], status="draft"))
    assert not {"page/2/index.html", "tags/walks/page/2/index.html"} & set(house.bucket.objects)


@pytest.mark.parametrize("writes", range(0, 14, 3))
def test_after_a_crash_between_writes_the_next_run_finishes_and_tells_the_cdn_all(house: House, writes: int):
    post = house.write("one", 1, ["walks"])
    house.bucket.writes_left = writes
    with pytest.raises(Crash):
        house.publisher.sync([post])
    house.bucket.writes_left = 10_000
    house.publisher.sync([post])
    whole = House()
    whole.put(post)
    whole.publisher.sync([post])
    assert house.bucket.objects == whole.bucket.objects
    assert set(house.cdn.paths) == set(whole.cdn.paths)


def test_after_a_crash_before_the_invalidation_the_next_run_invalidates(house: House):
    post = house.write("one", 1)
    house.cdn.broken = True
    with pytest.raises(Crash):
        house.publisher.sync([post])
    house.cdn.broken = False
    house.publisher.sync([post])
    assert "/posts/one/" in house.cdn.paths
    assert house.state.paths == []


def test_one_post_that_cannot_be_rendered_does_not_hold_up_the_others(house: House, monkeypatch: pytest.MonkeyPatch):
    render = pages.render_post

    def fails_for_bad(site, post, *rest):
        if post.slug == "bad":
            raise ValueError("poison")
        return render(site, post, *rest)

    monkeypatch.setattr(pages, "render_post", fails_for_bad)
    changed = [house.write("good", 1), house.write("bad", 2)]
    # No failure, for which the stream would wait: the same text fails again.
    assert house.publisher.sync(changed).failed == ["posts/bad/index.html"]
    assert "posts/good/index.html" in house.bucket.objects
    assert "posts/bad/index.html" not in house.bucket.objects


def test_a_list_that_cannot_be_rendered_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch):
    def fails(*_):
        raise ValueError("no list")

    monkeypatch.setattr(lists, "render_archive", fails)
    with pytest.raises(RenderingFailed, match="archive/index"):
        house.publisher.sync([house.write("one", 1)])
    assert "posts/one/index.html" in house.bucket.objects


def test_rendering_everything_says_what_cannot_be_rendered(house: House, monkeypatch: pytest.MonkeyPatch):
    def fails(*_):
        raise ValueError("poison")

    house.write("bad", 1)
    monkeypatch.setattr(pages, "render_post", fails)
    house.publisher.render_all("first")
    assert house.state.reports["first"].failed == ["posts/bad/index.html"]
    assert "index.html" in house.bucket.objects


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> str:
    """A text of which nothing can be made."""

    def fails_for_poison(real):
        def make(text, *rest, **named):
            if text == "poison":
                raise ValueError("poison")
            return real(text, *rest, **named)

        return make

    for name in ("render", "plain_text"):
        monkeypatch.setattr(markdown, name, fails_for_poison(getattr(markdown, name)))
    return "poison"


def test_feed_and_search_carry_the_others_of_a_post_that_cannot_be_rendered(house: House, poison: str, caplog):
    bad = house.write("bad", 3, body=poison)
    house.publisher.sync([bad])
    house.publisher.sync([house.write("good", 1), house.write("newer", 4)])
    feed = ElementTree.fromstring(house.bucket.objects["feed.xml"])
    titles = [title.text for title in feed.iterfind("{*}entry/{*}title")]
    assert titles == ["newer", "good"]
    found = search(house.bucket.objects["search/index.bin"], "text")
    assert [post.slug for post in found] == ["newer", "good"]
    left_out = [record for record in caplog.records if record.message == "left out of feed and search"]
    assert [(record.post, bool(record.exc_info)) for record in left_out] == [(bad.id, True)]


def test_the_feed_is_filled_up_where_a_post_is_left_out(house: House, poison: str):
    for hour in range(FEED_LENGTH + 1):
        house.write(f"post-{hour}", hour, body=poison if hour == FEED_LENGTH else "Text")
    house.publisher.render_all("first")
    assert house.bucket.objects["feed.xml"].count(b"<entry>") == FEED_LENGTH


def test_rendering_everything_mends_and_reports_what_was_wrong(house: House):
    house.write("one", 1)
    house.publisher.render_all("first")
    house.bucket.objects["index.html"] = b"defaced"
    house.bucket.objects["posts/never-was/index.html"] = b"stray"
    del house.bucket.objects["feed.xml"]
    house.publisher.render_all("second")
    assert set(house.state.reports["second"].first) == {"index.html", "feed.xml", "posts/never-was/index.html"}
    house.publisher.render_all("third")
    assert house.state.reports["third"] == Report(0, [], [])


def test_a_photo_is_shown_when_it_is_ready_where_posts_name_it_and_nowhere_else(house: House):
    shown = house.write("shown", 1, ["walks"], "![A lock](photo:p1)")
    cover = house.put(msgspec.structs.replace(house.write("cover", 2), cover_photo_id="p1"))
    house.publisher.sync([shown, cover, house.write("other", 3)])
    assert b"A lock" in house.bucket.objects["posts/shown/index.html"]
    house.forget_traces()

    house.photos["p1"] = Photo("p1", "", 3, 2, "", [Rendition("/media/p1/v/3.jpeg", 3, 2, "jpeg")])
    house.publisher.sync([], {"p1"})
    assert set(house.bucket.written) == {
        "posts/shown/index.html",
        "posts/cover/index.html",
        "index.html",
        "feed.xml",
    }
    assert all(b"/media/p1/v/3.jpeg" in house.bucket.objects[key] for key in house.bucket.written)

    house.photos.clear()
    house.publisher.sync([], {"p1"})
    assert not any(b"/media/" in content for content in house.bucket.objects.values())


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
def test_the_edge_forgets_files_of_a_photo_that_were_shown(house: House, before, after, is_deleted, calls, paths):
    first, second = (
        Photo("p1", "", 1, 1, "", [Rendition(f"/media/p1/{v}/3.jpeg", 3, 2, "jpeg")]) for v in ("v1", "v2")
    )
    change = PhotoChange("p1", first if before else None, second if after else None, is_deleted)
    house.publisher.invalidate(house.publisher.sync_photo(change))
    assert house.replicas.calls == calls
    assert house.cdn.paths == paths


def test_a_photo_that_only_gets_another_text_stays_at_the_edge(house: House):
    photo = Photo("p1", "", 1, 1, "", [Rendition("/media/p1/v1/3.jpeg", 3, 2, "jpeg")])
    assert house.publisher.sync_photo(PhotoChange("p1", photo, msgspec.structs.replace(photo, alt="A"), False)) == []


def test_a_photo_that_no_published_post_shows_sets_nothing_going(house: House):
    house.publisher.sync([house.write("one", 1)])
    house.forget_traces()
    house.publisher.sync([], {"p1"})
    assert (house.bucket.written, house.cdn.paths) == ([], [])


def test_old_assets_stay_for_pages_that_still_name_them(house: House):
    house.bucket.objects["assets/site.0123456789abcdef.css"] = b"old"
    house.publisher.render_all("first")
    assert "assets/site.0123456789abcdef.css" in house.bucket.objects


def test_so_many_paths_that_one_for_all_is_cheaper(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(publisher, "MANY_PATHS", 3)
    house.cdn.broken = True
    with pytest.raises(Crash):
        house.publisher.sync([house.write("one", 1)])
    # The note is as short: an item of the table holds 400 KB.
    assert house.state.paths == ["/*"]
    house.cdn.broken = False
    house.publisher.sync([house.write("two", 2)])
    assert house.cdn.paths == ["/*"]
