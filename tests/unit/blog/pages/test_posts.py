"""A post's page says the same to readers, feed readers, search engines and link previews."""

import json

import pytest
from chalicelib.blog.pages.posts import Display, Neighbours, render_post

from tests.unit.blog.pages.markup import parsed
from tests.unit.blog.pages.samples import LONG, NASTY, SITE, photo, post


def page_of(shown, neighbours=None, cover=None, photos=None, **kwargs):
    known = {"p1": cover or photo(), **(photos or {})}
    return parsed(render_post(SITE, shown, neighbours or Neighbours(), Display(known, **kwargs)))


def test_readers_see_title_summary_author_and_day():
    page = page_of(post())
    assert page.one("h1").text == "A walk"
    assert "Herons, mostly." in page.one("main").text
    assert "Bea · 23 November 2026 · 1 min read" in page.one("main").text
    assert page.one("time").attributes["datetime"] == "2026-11-23T06:30:00.000Z"


def test_link_previews_get_its_largest_picture():
    page = page_of(post())
    assert page.one("meta", property="og:image").attributes["content"] == "https://blog.example/media/p1/1600.jpeg"
    assert page.one("meta", property="og:title").attributes["content"] == "A walk"
    assert page.one("meta", property="og:url").attributes["content"] == "https://blog.example/posts/a-walk/"


def test_search_engines_get_the_same_as_json_ld():
    page = page_of(post(title=NASTY))
    data = json.loads(page.one("script", type="application/ld+json").text)
    assert data["@type"] == "BlogPosting"
    assert data["headline"] == NASTY
    assert data["datePublished"] == "2026-11-23T06:30:00.000Z"
    assert data["author"]["name"] == "Bea"
    assert data["url"] == page.one("link", rel="canonical").attributes["href"]


def test_the_cover_is_not_lazy_but_pictures_below_it_are():
    page = page_of(post(body_markdown="![b](photo:p2)"), photos={"p2": photo("p2")})
    shown = [image.attributes for image in page.all("img") if "srcset" in image.attributes]
    assert [image.get("loading") for image in shown] == [None, "lazy"]
    assert shown[0]["fetchpriority"] == "high"


def test_neighbours_are_linked_only_if_they_exist():
    page = page_of(post(), Neighbours(older=post(slug="before", title="Before")))
    assert page.one("a", rel="prev").attributes["href"] == "/posts/before/"
    assert not page.all("a", rel="next")
    assert len(page_of(post()).all("nav")) == 1


def test_related_posts_are_linked_with_their_dates():
    page = page_of(post(), Neighbours(related=[post(slug="other", title="Other", tags=["walks"])]))
    assert "Other" in page.one("section", **{"class": "related"}).text
    assert page.one("h3").text == "Other"


def test_long_posts_with_headings_have_contents():
    page = page_of(post(body_markdown=LONG))
    contents = page.one("nav", **{"aria-labelledby": "page:contents"}).text.split("\n")
    assert [line for line in contents if line] == ["Contents", "The lock", "Herons", "The way back"]


@pytest.mark.parametrize("text", ["# a\n\n# b\n\n# c", "on " * 5000 + "\n\n# a\n\n# b", "on " * 5000 + "\n\n# a" * 50])
def test_short_posts_and_posts_with_few_or_very_many_headings_have_none(text):
    assert not page_of(post(body_markdown=text)).all("nav", **{"aria-labelledby": "page:contents"})


@pytest.mark.parametrize(
    ("revised_at", "shown"),
    [(None, ""), ("2026-11-23T23:59:59.000Z", ""), ("2026-11-24T00:00:00.000Z", "Updated 24 November 2026")],
)
def test_a_post_that_was_revised_on_a_later_day_says_so(revised_at, shown):
    text = page_of(post(revised_at=revised_at)).one("main").text
    assert shown in text
    assert ("Updated" in text) == bool(shown)


def test_a_draft_can_be_previewed_before_it_has_a_date():
    page = page_of(
        post(status="draft", published_at=None, summary="", author="", tags=[], cover_photo_id=None), preview=True
    )
    assert "preview" in page.one("p", **{"class": "notice"}).text
    assert "Ada · 1 min read" in page.one("main").text
    assert page.one("meta", name="robots").attributes["content"] == "noindex"


def test_the_same_post_gives_the_same_bytes():
    assert render_post(SITE, post(), Neighbours()) == render_post(SITE, post(), Neighbours())


def test_a_picture_without_renditions_is_its_text():
    page = page_of(post(), cover=photo(renditions=[], alt="A <heron>"))
    assert "A <heron>" in page.one("figure").text


def test_a_placeholder_that_is_not_a_picture_is_left_out():
    page = page_of(post(), cover=photo(placeholder="https://evil.example/x.png"))
    assert not page.all("img", **{"class": "blur"})
