"""Each reference of a text leads to the same place on its page, in a preview and in a feed."""

from urllib.parse import unquote, urljoin

import pytest
from chalicelib.blog.pages.feeds import atom_feed
from chalicelib.blog.pages.markdown import render
from chalicelib.blog.pages.posts import Display, Neighbours, render_post
from chalicelib.blog.pages.references import Place

from tests.unit.blog.pages.markup import parsed
from tests.unit.blog.pages.samples import SITE, photo, post
from tests.unit.blog.pages.test_feeds import read, texts

PAGE = "https://blog.example/posts/a-walk/"
PREVIEW = "https://blog.example/api/previews/019a2f3b?token=secret"
HEADINGS = "\n\n## The lock\n\n## What's `new`?\n\n## Ä b\n\n## The lock\n\n## Main\n"


def links(markdown: str, place: Place) -> list[str]:
    return [link.attributes.get("href", "") for link in parsed(render(markdown, {}, place).html).all("a")]


@pytest.mark.parametrize(
    ("reference", "leads_to"),
    [
        ("#the-lock", f"{PAGE}#the-lock"),
        ("#The-Lock", f"{PAGE}#the-lock"),
        ("#the_lock", f"{PAGE}#the-lock"),
        ("#s-the-lock", f"{PAGE}#the-lock"),
        ("#the-lock-1", f"{PAGE}#the-lock-1"),
        ("#whats-new", f"{PAGE}#whats-new"),
        ("#what-s-new", f"{PAGE}#whats-new"),
        ("#ä-b", f"{PAGE}#%C3%A4-b"),
        ("#a-b", f"{PAGE}#%C3%A4-b"),
        ("#main", f"{PAGE}#main"),
        ("/posts/a-walk/#The-Lock", f"{PAGE}#the-lock"),
        ("./#the-lock", f"{PAGE}#the-lock"),
        (f"{PAGE}#the-lock", f"{PAGE}#the-lock"),
        ("#elsewhere", f"{PAGE}#elsewhere"),
        ("../counting/", "https://blog.example/posts/counting/"),
        ("../counting/#How", "https://blog.example/posts/counting/#How"),
        ("notes", f"{PAGE}notes"),
        ("/archive/", "https://blog.example/archive/"),
        ("?page=2", f"{PAGE}?page=2"),
        ("?page=2#The-Lock", f"{PAGE}?page=2#The-Lock"),
        ("//other.example/x", "https://other.example/x"),
        ("https://other.example/#the-lock", "https://other.example/#the-lock"),
        ("mailto:ada@blog.example", "mailto:ada@blog.example"),
    ],
)
def test_a_reference_leads_to_the_same_place_everywhere(reference, leads_to):
    text = post(body_markdown=f"[see]({reference}){HEADINGS}", cover_photo_id=None)
    page = parsed(render_post(SITE, text, Neighbours()))
    preview = parsed(render_post(SITE, text, Neighbours(), Display(preview=True)))
    entry = parsed(texts(read(atom_feed(SITE, [text])), "a:entry/a:content")[0])
    ids = {element.attributes["id"] for element in page.elements if "id" in element.attributes}
    on_page, in_preview, in_feed = (shown.all("a") for shown in (page, preview, entry))
    found = [next(link.attributes["href"] for link in shown if link.text == "see") for shown in (on_page, in_preview)]
    assert urljoin(PAGE, found[0]) == leads_to
    # What is on the page is in the preview, too: a link to it stays there, also before the post is published.
    is_here = leads_to.startswith(f"{PAGE}#")
    assert urljoin(PREVIEW, found[1]) == (urljoin(PREVIEW, found[0]) if is_here else leads_to)
    assert found[0].startswith("#") == is_here
    # A feed reader resolves addresses against one of its own.
    assert urljoin("https://reader.example/", in_feed[0].attributes["href"]) == leads_to
    if is_here and reference != "#elsewhere":
        assert unquote(leads_to.partition("#")[2]) in ids


def test_a_picture_of_our_own_is_shown_from_everywhere():
    text = "![a](../../media/p1/1.jpeg) ![b](https://blog.example/media/p1/2.jpeg) ![c](photo:p1)"
    sources = {
        is_elsewhere: [
            image.attributes["src"]
            for image in parsed(render(text, {"p1": photo()}, Place(PAGE, is_elsewhere)).html).all("img")
            if image.attributes["alt"]
        ]
        for is_elsewhere in (False, True)
    }
    assert sources[False] == ["/media/p1/1.jpeg", "/media/p1/2.jpeg", "/media/p1/960.jpeg"]
    assert sources[True] == [f"https://blog.example{path}" for path in sources[False]]


@pytest.mark.parametrize("reference", ["http://[", "https://[::1", "http://a b"])
def test_a_reference_that_is_not_a_url_does_not_hold_up_a_text(reference):
    for is_elsewhere in (False, True):
        assert len(links(f"[see](<{reference}>)", Place(PAGE, is_elsewhere))) == 1


def test_a_text_without_a_page_keeps_its_references():
    assert links("[a](../x) [b](?y) [c](#z)", Place()) == ["../x", "?y", "#z"]
    assert links("[top](#)", Place(PAGE)) == ["#"]
