"""The rules for every page: valid, accessible, escaped, small."""

import gzip
import re
from collections import Counter
from itertools import pairwise
from urllib.parse import unquote

import pytest
from chalicelib.blog.pages.assets import assets, icons
from chalicelib.blog.pages.site import Site
from chalicelib.blog.pages.text_normalization import printable
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.blog.pages.markup import parsed
from tests.unit.blog.pages.samples import NASTY, SITE, every_page, post

PAGES = every_page()
each_page = pytest.mark.parametrize("html", PAGES.values(), ids=PAGES.keys())
PRIVATE = {"preview", "found", "nothing found", "refused", "subscribed", "confirm", "confirmed", "unsubscribe"} | {
    "unsubscribed",
    "problem",
    "not found",
    "unavailable",
}
CURRENT = {
    **dict.fromkeys(("tags", "no tags"), "/tags/"),
    **dict.fromkeys(("archive", "empty archive"), "/archive/"),
    **dict.fromkeys(("search", "found", "nothing found"), "/search/"),
    **dict.fromkeys(("subscribe", "refused"), "/subscribe/"),
}


@each_page
def test_a_page_has_one_title_heading_and_language(html):
    page = parsed(html)
    assert html.startswith("<!doctype html>\n")
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("title").text.strip()
    assert page.one("h1").text.strip()


@each_page
def test_landmarks_can_be_reached_and_told_apart(html):
    page = parsed(html)
    assert page.one("a", **{"class": "skip"}).attributes["href"] == "#page:main"
    assert page.one("main", id="page:main")
    labels = [nav.attributes.get("aria-label") or nav.attributes["aria-labelledby"] for nav in page.all("nav")]
    assert len(labels) == len(set(labels))


@each_page
def test_ids_are_unique_and_references_to_them_resolve(html):
    page = parsed(html)
    ids = Counter(element.attributes["id"] for element in page.elements if "id" in element.attributes)
    assert all(count == 1 for count in ids.values())
    for element in page.elements:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert element.attributes.get(name) is None or element.attributes[name] in ids


@each_page
def test_links_within_a_page_lead_somewhere(html):
    page = parsed(html)
    ids = {element.attributes["id"] for element in page.elements if "id" in element.attributes}
    fragments = [link.attributes["href"] for link in page.all("a") if link.attributes["href"].startswith("#")]
    assert {unquote(fragment[1:]) for fragment in fragments} <= ids


@each_page
def test_each_link_and_button_has_a_name(html):
    page = parsed(html)
    for element in page.all("a") + page.all("button"):
        assert (element.attributes.get("aria-label") or element.text).strip()


@pytest.mark.parametrize("name", [name for name in PAGES if name not in PRIVATE])
def test_link_previews_have_a_picture(name):
    picture = parsed(PAGES[name]).one("meta", property="og:image")
    assert picture.attributes["content"].startswith("https://blog.example/")


@each_page
def test_icons_and_the_feed_are_where_people_and_programs_look(html):
    page = parsed(html)
    assert page.one("link", rel="apple-touch-icon").attributes["href"] in icons()
    assert page.all("link", rel="icon")[0].attributes["href"] in icons()
    assert "Feed" in [link.text for link in page.all("a", href="/feed.xml")]


@each_page
def test_headings_go_down_one_level_at_a_time(html):
    levels = [int(element.tag[1]) for element in parsed(html).elements if re.fullmatch("h[1-6]", element.tag)]
    assert all(below <= above + 1 for above, below in pairwise(levels))


@each_page
def test_each_field_has_a_label_and_each_picture_a_text_and_a_size(html):
    page = parsed(html)
    labelled = {label.attributes["for"] for label in page.all("label")}
    assert all(
        field.attributes["id"] in labelled for field in page.all("input") if field.attributes.get("type") != "hidden"
    )
    assert all({"alt", "width", "height"} <= picture.attributes.keys() for picture in page.all("img"))


@each_page
def test_a_page_needs_no_script_and_no_inline_style(html):
    page = parsed(html)
    scripts = [script for script in page.all("script") if script.attributes.get("type") != "application/ld+json"]
    # A button that copies code, only where there is code.
    expected = [{"src": assets()["site.js"].path, "defer": ""}] if page.all("div", **{"class": "code"}) else []
    assert [script.attributes for script in scripts] == expected
    assert not any(script.text for script in scripts)
    assert not page.all("style")
    assert not [name for element in page.elements for name in element.attributes if name == "style" or name[:2] == "on"]


@each_page
def test_a_page_links_to_the_hashed_style_sheet_and_to_the_feed(html):
    page = parsed(html)
    assert page.one("link", rel="stylesheet").attributes["href"] == assets()["site.css"].path
    assert page.one("link", type="application/atom+xml").attributes["href"] == "/feed.xml"


@pytest.mark.parametrize("name", PAGES)
def test_only_public_pages_are_canonical_and_others_stay_out_of_search_engines(name):
    page = parsed(PAGES[name])
    assert bool(page.all("meta", name="robots", content="noindex")) == (name in PRIVATE)
    canonical = [link.attributes["href"] for link in page.all("link", rel="canonical")]
    assert bool(canonical) == (name not in PRIVATE)
    assert all(url.startswith("https://blog.example/") for url in canonical)


@pytest.mark.parametrize("name", PAGES)
def test_only_the_current_page_is_marked_in_the_navigation(name):
    current = [link.attributes["href"] for link in parsed(PAGES[name]).all("a", **{"aria-current": "page"})]
    assert current == ([CURRENT[name]] if name in CURRENT else [])


@pytest.mark.parametrize("name", PAGES)
def test_link_previews_name_the_canonical_address_or_none(name):
    page = parsed(PAGES[name])
    named = [meta.attributes["content"] for meta in page.all("meta", property="og:url")]
    assert named == [link.attributes["href"] for link in page.all("link", rel="canonical")]


@settings(max_examples=40, deadline=None)
@given(title=st.text(alphabet=st.sampled_from("<>&\"'/=ab script-\x00\x85\u2028{}%"), min_size=1) | st.just(NASTY))
def test_no_title_is_ever_markup(title):
    plain = every_page(SITE, post(title="x"), word="x")
    shown = every_page(
        Site(title, SITE.url, title, "en", title), post(title=title, summary=title, author=title), word=title
    )
    for name, html in shown.items():
        # The same elements as with a harmless title: nothing of it was read as one.
        assert set(_tags(html)) <= set(_tags(plain[name])) | {"p", "strong"}
    assert parsed(shown["post"]).one("h1").text == printable(title)


def _tags(html: str) -> list[str]:
    return [element.tag for element in parsed(html).elements]


def test_a_reading_page_is_small():
    page = every_page(shown=post(body_markdown="We went *on* and on. " * 1500))["post"]
    assert len(gzip.compress(page.encode())) + len(gzip.compress(assets()["site.css"].content)) < 30_000


def test_the_colours_can_be_read_light_and_dark():
    css = assets()["site.css"].content.decode()
    light, dark = (_colours(block) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2])
    for colours in (light, {**light, **dark}):
        for name in ("ink", "quiet", "accent", "keyword", "string", "number", "name", "remark"):
            for ground in ("paper", "raised"):
                # https://www.w3.org/TR/WCAG22/#contrast-minimum
                assert _contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
        assert _contrast(colours["ink"], colours["mark"]) >= 4.5
        assert _contrast(colours["on-accent"], colours["accent"]) >= 4.5


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): #([0-9a-f]{3,6});", block))


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    whole = colour if len(colour) == 6 else "".join(char * 2 for char in colour)
    channels = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
