"""The feed by RFC 4287, the sitemap by sitemaps.org, robots.txt by RFC 9309."""

from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from chalicelib.blog.pages.feeds import FEED_LENGTH, atom_feed, robots, sitemap

from tests.unit.blog.pages.markup import parsed
from tests.unit.blog.pages.samples import NASTY, SITE, photo, post

ATOM = {"a": "http://www.w3.org/2005/Atom"}
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def read(xml: str) -> ElementTree.Element:
    return ElementTree.fromstring(xml.encode())


def texts(element: ElementTree.Element, path: str) -> list[str]:
    return [found.text or "" for found in element.findall(path, ATOM | SITEMAP)]


@pytest.mark.parametrize("posts", [[], [post()], [post(title=NASTY, summary="", tags=[], author="")]])
def test_the_feed_has_what_atom_requires(posts):
    feed = read(atom_feed(SITE, posts))
    for element in (feed, *feed.findall("a:entry", ATOM)):
        # https://www.rfc-editor.org/rfc/rfc4287#section-4.1.1 and 4.1.2
        for required in ("a:id", "a:title", "a:updated"):
            assert len(texts(element, required)) == 1
        assert urlsplit(texts(element, "a:id")[0]).scheme
        assert datetime.fromisoformat(texts(element, "a:updated")[0]).tzinfo
        assert texts(element, "a:author/a:name")[0]
        assert len(element.findall("a:link[@rel='alternate']", ATOM)) == 1
    assert feed.find("a:link[@rel='self']", ATOM).attrib["href"] == "https://blog.example/feed.xml"


def test_an_entry_has_the_full_post_with_absolute_urls():
    text = "[all](/archive/) & ![b](photo:p2)"
    entry = read(atom_feed(SITE, [post(title=NASTY, body_markdown=text)], {"p2": photo("p2")})).find("a:entry", ATOM)
    assert texts(entry, "a:title") == [NASTY]
    content = entry.find("a:content", ATOM)
    assert content.attrib["type"] == "html"
    page = parsed(content.text)
    assert page.one("a").attributes["href"] == "https://blog.example/archive/"
    assert [category.attrib["term"] for category in entry.findall("a:category", ATOM)] == ["walks", "light"]


def test_an_entry_keeps_its_id_when_slug_and_address_change():
    before = texts(read(atom_feed(SITE, [post()])), "a:entry/a:id")
    assert texts(read(atom_feed(SITE, [post(slug="other", title="Other")])), "a:entry/a:id") == before
    assert texts(read(atom_feed(SITE, [post(id="another")])), "a:entry/a:id") != before


def test_the_feed_is_as_new_as_its_newest_change():
    posts = [post(updated_at="2026-11-24T00:00:00.000Z"), post(id="b", updated_at="2026-11-25T00:00:00.000Z")]
    assert texts(read(atom_feed(SITE, posts)), "a:updated") == ["2026-11-25T00:00:00.000Z"]


def test_the_feed_holds_the_newest_only():
    assert len(texts(read(atom_feed(SITE, [post(id=str(n)) for n in range(50)])), "a:entry/a:id")) == FEED_LENGTH


def test_characters_that_xml_forbids_do_not_break_it():
    feed = read(atom_feed(SITE, [post(title="a\x00\x0b\ufffe\ud800b", body_markdown="c\x00\x1fd", tags=["x\x01"])]))
    assert texts(feed, "a:entry/a:title") == ["ab"]


def test_the_sitemap_names_every_page():
    found = read(sitemap(SITE, [post(), post(slug="ä&b", tags=["light"])]))
    assert texts(found, "s:url/s:loc") == [
        "https://blog.example/",
        "https://blog.example/archive/",
        "https://blog.example/tags/",
        "https://blog.example/tags/light/",
        "https://blog.example/tags/walks/",
        "https://blog.example/posts/a-walk/",
        "https://blog.example/posts/%C3%A4%26b/",
    ]
    assert texts(found, "s:url/s:lastmod")[0] == "2026-11-24T08:00:00.000Z"


def test_robots_may_read_pages_but_not_the_api():
    assert robots(SITE) == "User-agent: *\nDisallow: /api/\n\nSitemap: https://blog.example/sitemap.xml\n"
