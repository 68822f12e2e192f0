"""Index, tags and archive lead to every post."""

import pytest
from chalicelib.blog.pages import forms, lists
from chalicelib.blog.pages.site import Site, index_path, object_key, post_path, tag_path

from tests.unit.blog.pages.markup import parsed
from tests.unit.blog.pages.samples import SITE, photo, post


@pytest.mark.parametrize(
    ("page", "newer", "older"), [(1, [], ["/page/2/"]), (2, ["/"], ["/page/3/"]), (3, ["/page/2/"], [])]
)
def test_pages_of_the_index_lead_to_each_other(page, newer, older):
    shown = parsed(lists.render_index(SITE, [post()], page, 3))
    assert [link.attributes["href"] for link in shown.all("a", rel="prev")] == newer
    assert [link.attributes["href"] for link in shown.all("a", rel="next")] == older


def test_a_single_page_has_no_pager():
    assert len(parsed(lists.render_index(SITE, [post()], 1, 1)).all("nav")) == 1


def test_pages_of_a_tag_lead_to_each_other():
    shown = parsed(lists.render_tag(SITE, "walks", [post()], count=11, page=2, pages=2))
    assert shown.one("a", rel="prev").attributes["href"] == "/tags/walks/"
    assert shown.one("link", rel="canonical").attributes["href"] == "https://blog.example/tags/walks/page/2/"


def test_the_archive_has_every_post_below_its_year():
    posts = [post(slug=f"p{year}-{n}", published_at=f"{year}-05-01T00:00:00Z") for year in (2026, 2025) for n in (1, 2)]
    shown = parsed(lists.render_archive(SITE, posts))
    assert [heading.text for heading in shown.all("h2")] == ["2026", "2025"]
    links = {link.attributes["href"] for link in shown.all("a")}
    assert {post_path(one.slug) for one in posts} <= links


def test_a_year_is_in_the_archive_once():
    shown = parsed(lists.render_archive(SITE, [post(), post(slug="b")])).one("main")
    assert shown.text.count("2026") == 1
    assert shown.text.count("23 November") == 2


def test_the_page_of_a_tag_says_how_many_posts_have_it():
    shown = parsed(lists.render_tag(SITE, "walks", [post()], count=11, page=2, pages=2))
    assert (shown.one("h1").text, "11 posts" in shown.one("main").text) == ("Posts about walks", True)
    assert "1 post\n" in parsed(lists.render_tag(SITE, "walks", [post()], count=1)).one("main").text


@pytest.mark.parametrize("photos", [{}, {"p1": photo()}], ids=["without a cover", "with a cover"])
def test_each_card_has_a_picture_or_a_plate_author_reading_time_and_tags(photos):
    card = parsed(
        lists.render_index(SITE, [post(title="“A walk”", author="", body_markdown="on " * 700)], 1, 1, photos)
    )
    assert "Ada · 23 November 2026 · 3 min read" in card.one("article").text
    assert [tag.text for tag in card.all("a") if "/tags/" in tag.attributes["href"]] == ["Tags", "walks", "light"]
    plates = [plate.text for plate in card.all("span", **{"class": "plate"})]
    assert (plates, len(card.all("picture"))) == (([], 1) if photos else (["W"], 0))


def test_the_current_page_is_marked_in_the_navigation():
    assert parsed(lists.render_archive(SITE, [])).one("a", **{"aria-current": "page"}).text == "Archive"
    assert not parsed(lists.render_index(SITE, [], 1, 1)).all("a", **{"aria-current": "page"})


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/", "index.html"),
        ("/feed.xml", "feed.xml"),
        (post_path("a-walk"), "posts/a-walk/index.html"),
        (post_path("früh/ä b"), "posts/früh/ä b/index.html"),
        (index_path(2), "page/2/index.html"),
        (tag_path("c++", 3), "tags/c++/page/3/index.html"),
    ],
)
def test_every_path_has_an_object_key(path, key):
    assert object_key(path) == key


def test_a_path_is_quoted_once():
    assert post_path("100 %/ä") == "/posts/100%20%25%2F%C3%A4/"


@pytest.mark.parametrize("url", ["https://blog.example", "https://blog.example/"])
def test_the_sites_address_may_end_in_a_slash(url):
    assert Site("t", url, "", "en", "a").at("/x/") == "https://blog.example/x/"


def test_forms_keep_what_was_typed_and_say_what_is_wrong():
    shown = parsed(forms.render_refused(SITE, 'a"b'))
    field = shown.one("input", id="address").attributes
    assert (field["value"], field["aria-invalid"], field["aria-describedby"]) == ('a"b', "true", "problem")
    assert "not a mail address" in shown.one("p", id="problem").text
    assert shown.one("form").attributes == {"class": "line", "action": "/api/subscribers", "method": "post"}


def test_the_subscribe_pages_promise_the_mails_that_are_sent():
    pages = (forms.render_subscribe(SITE), forms.render_confirm(SITE, "token"), forms.render_confirmed(SITE))
    asked, confirm, confirmed = (parsed(page).one("main").text for page in pages)
    assert "each new post by mail" in asked
    assert "until you follow it and confirm, no posts are sent" in asked
    assert "get new posts" in confirm
    assert "Each new post will come to your address as one mail" in confirmed


@pytest.mark.parametrize("write", [forms.render_confirm, forms.render_unsubscribe])
def test_only_a_button_confirms_or_unsubscribes(write):
    shown = parsed(write(SITE, 'to"ken'))
    assert shown.one("form").attributes["method"] == "post"
    assert shown.one("input", name="token").attributes["value"] == 'to"ken'


def test_the_search_form_uses_get():
    form = parsed(forms.render_search(SITE, 'a"b')).one("form", role="search").attributes
    assert (form["action"], form["method"]) == ("/api/search", "get")
