"""Markdown becomes HTML that is safe whatever an author writes."""

import re
from urllib.parse import unquote

import pytest
from chalicelib.blog.errors import InvalidPost
from chalicelib.blog.pages.markdown import photo_ids, plain_text, render
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import hostile_text
from tests.unit.blog.pages.markup import parsed
from tests.unit.blog.pages.samples import photo

SCHEMES = ("http:", "https:", "mailto:", "/", "#", "data:image/webp;base64,")


def html(markdown: str, photos=None) -> str:
    return render(markdown, photos or {}).html


def harmless(markup: str) -> None:
    """Check that HTML runs no scripts, loads nothing and does not imitate our page."""
    page = parsed(markup)
    for element in page.elements:
        assert element.tag not in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "svg",
            "math",
            "base",
        }
        assert not [name for name in element.attributes if name.startswith("on") or name in {"style", "srcdoc"}]
        # The page's own ids begin with `page:`.
        assert re.match("[^:]+$|fn:|fnref:", element.attributes.get("id", "x"))
        for name in ("href", "src"):
            url = element.attributes.get(name, "/").strip().lower()
            scheme, colon, _ = url.partition(":")
            assert not colon or not scheme.isalnum() or url.startswith(SCHEMES), url


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ('*early* -- "good" light...', "<p><em>early</em> – “good” light…</p>"),
        ("~~no~~", "<p><s>no</s></p>"),
        ('[a](https://x.example/?a=1&b=2 "t")', '<p><a href="https://x.example/?a=1&amp;b=2" title="t">a</a></p>'),
        ("press <kbd>x</kbd>", "<p>press &lt;kbd&gt;x&lt;/kbd&gt;</p>"),
        ("<div>\n*x*\n</div>", "<p>&lt;div&gt;\n<em>x</em>\n&lt;/div&gt;</p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
    ],
)
def test_markdown_becomes_html(markdown, expected):
    assert html(markdown).strip() == expected


@pytest.mark.parametrize(
    ("markdown", "ids"),
    [
        ("# Title", ["title"]),
        ("## Ä b\n\n## Ä b", ["ä-b", "ä-b-1"]),
        ("# a\n\n# a\n\n# a 1", ["a", "a-1", "a-1-1"]),
        ("# a 1\n\n# a\n\n# a", ["a-1", "a", "a-2"]),
        ("# What's `new`? [A:b](/x)", ["whats-new-ab"]),
        ("# !!!", ["section"]),
    ],
)
def test_a_heading_has_the_id_that_github_gives_it_and_a_link_to_it(markdown, ids):
    page = parsed(html(markdown))
    assert [heading.attributes["id"] for heading in page.all("h2")] == ids
    links = [link for link in page.all("a") if link.attributes["href"].startswith("#")]
    assert [unquote(link.attributes["href"]) for link in links] == [f"#{one}" for one in ids]
    assert [link.attributes["aria-label"] for link in links] == [f"Link to “{one.text}”" for one in page.all("h2")]


def test_a_text_of_very_many_headings_has_no_links_to_them():
    assert "<a" not in html("# a\n" * 12_500)


def test_a_footnote_and_its_references_lead_to_each_other():
    page = parsed(html("a[^x] b[^y] c[^x]\n\n[^x]: One *note*.\n[^y]: Another.\n[^z]: Nobody refers to it."))
    references, back = page.all("a", role="doc-noteref"), page.all("a", role="doc-backlink")
    assert [(one.text, one.attributes["href"]) for one in references] == [
        ("1", "#fn:1"),
        ("2", "#fn:2"),
        ("1", "#fn:1"),
    ]
    assert [one.attributes["href"] for one in back] == ["#fnref:1", "#fnref:1:2", "#fnref:2"]
    assert [one.attributes["id"] for one in references] == ["fnref:1", "fnref:2", "fnref:1:2"]
    assert [note.attributes["id"] for note in page.all("li")] == ["fn:1", "fn:2"]
    assert "One note." in page.one("section", role="doc-endnotes").text


def test_footnotes_are_found_by_search_once_and_without_marks():
    assert plain_text("a[^x]\n\n[^x]: One *note*.").split() == ["a", "One", "note."]


NAMES = ["p1", "tall"] * 4


@pytest.mark.parametrize(("count", "rows"), [(2, [2]), (3, [3]), (4, [2, 2]), (5, [3, 2]), (7, [3, 2, 2])])
def test_photos_in_one_paragraph_are_rows(count, rows):
    shown = {"p1": photo(), "tall": photo("tall", width=500, height=1000)}
    page = html("\n".join(f'![a](photo:{name} "{n}")' for n, name in zip(range(count), NAMES, strict=False)), shown)
    assert [row.count("<figure") for row in page.split('<div class="photos">')[1:]] == rows
    assert [figure.attributes["class"] for figure in parsed(page).all("figure")] == (["r15", "r5"] * 4)[:count]


def test_a_photo_can_be_wide():
    page = parsed(html("![a](photo:p1#wide)\n\n![b](photo:p1)", {"p1": photo()}))
    assert [figure.attributes for figure in page.all("figure")] == [{"class": "wide"}, {}]
    assert "60rem" in page.all("source")[0].attributes["sizes"]
    assert photo_ids("![a](photo:p1#wide)\n\n![b](photo:p1)") == ["p1"]


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<svg><p><style><img src=x onerror=alert(1)>",
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](java\tscript:alert(1))",
        "<a href='java&#10;script:alert(1)'>x</a>",
        "<a href='&#1;javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "[x](vbscript:x)",
        "![x](data:image/svg+xml,<svg onload=alert(1)>)",
        "![x](http://plain.example/x.png)",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=/api/posts><input name=x><button>x</button></form>",
        "<base href=//evil.example>",
        "<link rel=stylesheet href=//evil.example>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "<style>*{display:none}</style>",
        "<p style='position:fixed;inset:0'>x</p>",
        "<h2 id=main>x</h2><a name=body id=body>x</a>",
        "</div></article></main></body></html><h1>mine</h1>",
        "<div><p><b><i></p></div></b>",
        "<table><tr><td><table>",
        "<!-- <b> -- > --!> <b>x</b>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?php echo 1 ?>",
        "```html\n<script>alert(1)</script>\n```",
        '```"><script>alert(1)</script>\nx\n```',
        "`<script>alert(1)</script>`",
        '![x" onerror="alert(1)](photo:p1)',
        '![x](photo:p1 "</figcaption><script>alert(1)</script>")',
        '<div title="\n\n![x](photo:p1)\n\n">x</div>',
        '<div title="\n\n![x](photo:p1)\n\n<p class=">x</p>',
        '<b title="&#xE000;0&#xE001;">x</b> ![y](photo:p1)',
        '<b title="![x](photo:p1)">x</b>\n\n![y](photo:p1)',
        "&#xE000;0&#xE001; &#xE000;7&#xE001; \ue0000\ue001",
        "[![x](photo:p1)](javascript:alert(1))",
    ],
)
def test_hostile_markdown_is_harmless(markdown):
    harmless(html(markdown, {"p1": photo(alt='"><script>')}))


# As an author, or somebody who wants to break out, might put them together.
PIECES = st.sampled_from(
    [
        *(
            "<script>",
            "</script>",
            "<b>",
            "</b>",
            '<div title="',
            '"',
            ">",
            "<a href=",
            "javascript:",
            "onerror=",
            "<!--",
        ),
        *(
            "-->",
            "`",
            "```",
            "~~~",
            "![",
            "](",
            "photo:p1",
            ")",
            "[",
            "]",
            "*",
            "_",
            "#",
            "|",
            "|-|",
            "\\",
            "&",
            "&lt;",
        ),
        *(
            "&#xE000;",
            "0",
            "\n",
            "\n\n",
            "<svg>",
            "<style>",
            "<table>",
            "<td>",
            "</p>",
            "<p>",
            "- ",
            "1. ",
            "> ",
            "\ue000",
        ),
        *(
            "[^1]",
            "\n\n[^1]: ",
            "#wide",
            "\x00",
            "é",
            "<h2 id=",
            "<img src=",
            "<pre>",
            "<textarea>",
            "<title>",
            "<math>",
            "</table>",
            "<li>",
            "    ",
        ),
    ]
) | st.text(max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30).map(" ".join) | st.lists(PIECES, max_size=30).map("".join))
def test_any_markdown_is_harmless_and_well_nested(markdown):
    harmless(html(markdown, {"p1": photo()}))
    plain_text(markdown)


@pytest.mark.parametrize("markdown", hostile_text.BODIES, ids=lambda markdown: repr(markdown[:4]))
def test_the_longest_body_of_one_thing_is_harmless(markdown):
    """How long it takes is measured by `make bench`."""
    harmless(html(markdown))


@pytest.mark.parametrize(
    "markdown",
    [
        # The parser of HTML would open them all anew in each paragraph.
        "".join(f"<i title={number}>" for number in range(1200)) + "<p>x" * 7000,
        "".join(f"<i title={number}>\n\nx\n\n" for number in range(2000)),
        "*a **b " * 2_000 + "\n\nx" * 7_000,
        "[a](/x) *b*\n\n" * 3_000,
    ],
    ids=["blocks", "inline", "emphasis", "closed"],
)
def test_unclosed_html_does_not_make_the_output_grow(markdown):
    assert len(html(markdown)) < 10 * len(markdown)


@pytest.mark.parametrize(
    "markdown",
    [
        f"[a]: /{'x' * 20_000}\n\n" + "[a]\n" * 7_000,
        f"[a]: /x '{'y' * 20_000}'\n\n" + "[a]\n" * 7_000,
        f"[a]: photo:p1 '{'y' * 20_000}'\n\n" + "![a]\n\n" * 4_000,
        f"[a]: https://x.example/{'x' * 20_000}\n\n" + "![a]\n" * 5_000,
        "![](photo:p1)\n" * 3_500,
    ],
    ids=["address", "title", "caption", "picture", "photos"],
)
def test_a_text_whose_html_is_too_large_is_refused_with_a_reason(markdown):
    assert len(markdown) <= 50_000
    with pytest.raises(InvalidPost, match="bodyMarkdown becomes a page of more than 1000000 characters"):
        html(markdown, {"p1": photo()})
    # What is read of all posts at once is read of this one, too.
    assert photo_ids(markdown) in ([], ["p1"])
    plain_text(markdown)


@pytest.mark.parametrize(
    "code",
    ["\n" * 10_000, "x = 1\n" * 201, "x = 1; " * 50, ("a = 2; " * 40 + "\n") * 20],
    ids=["line feeds", "lines", "line", "characters"],
)
def test_code_that_exceeds_the_limits_is_not_coloured(code):
    page = parsed(html(f"```python\n{code}\n```"))
    assert page.one("pre").text.strip() == code.strip()
    assert not page.all("span")


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("![A *bird*](https://x.example/b.png)", '<p><a href="https://x.example/b.png">A bird</a></p>'),
        (
            '![A bird](http://x.example/b.png "At dawn")',
            '<p><a href="http://x.example/b.png" title="At dawn">A bird</a></p>',
        ),
        ("![](https://x.example/b.png)", '<p><a href="https://x.example/b.png">https://x.example/b.png</a></p>'),
        ("[![A bird](https://x.example/b.png)](/archive/)", '<p><a href="/archive/">A bird</a></p>'),
        ("![A dot](data:image/png;base64,iVBO)", "<p>A dot</p>"),
        ("| ![a](https://x.example/b.png) |\n|-|", '<a href="https://x.example/b.png">a</a>'),
    ],
)
def test_a_picture_of_another_site_becomes_a_link(markdown, expected):
    assert expected in html(markdown)
    assert "<img" not in html(markdown)
    assert plain_text(markdown)


def test_a_picture_of_our_own_is_shown():
    shown = parsed(html("![A bird](/media/p1/1/480.jpeg)")).one("img").attributes
    assert (shown["src"], shown["alt"]) == ("/media/p1/1/480.jpeg", "A bird")


def test_code_is_coloured_by_classes():
    page = parsed(html("```python\nreturn 'x'\n```"))
    assert page.one("div", **{"class": "code"}).text.startswith("Python")
    assert page.one("pre").attributes == {"role": "group", "tabindex": "0", "aria-label": "Python code"}
    assert page.one("pre").text == "return 'x'\n"
    assert page.one("span", **{"class": "k"}).text == "return"


@pytest.mark.parametrize("language", ["klingon", "autoit"])
def test_code_in_an_unknown_or_slow_language_is_not_coloured(language):
    page = parsed(html(f"```{language}\na < b\n```"))
    assert page.one("pre").text == "a < b\n"
    assert not page.all("span")


def test_a_wide_table_scrolls_by_itself_and_by_keyboard():
    page = parsed(html("| a | b |\n|:--|--:|\n| 1 | 2 |"))
    assert page.one("div").attributes == {"class": "scroll", "role": "group", "tabindex": "0"}
    assert [cell.attributes["class"] for cell in page.all("td")] == ["left", "right"]
    assert [cell.attributes["scope"] for cell in page.all("th")] == ["col", "col"]


def test_a_photo_alone_is_a_figure_of_all_its_sizes():
    page = parsed(html('![A bird](photo:p1 "At dawn")', {"p1": photo()}))
    assert page.one("figcaption").text == "At dawn"
    blur, shown = page.all("img")
    assert (blur.attributes["alt"], shown.attributes["alt"]) == ("", "A bird")
    assert page.one("source").attributes["srcset"] == (
        "/media/p1/480.webp 480w, /media/p1/960.webp 960w, /media/p1/1600.webp 1600w"
    )
    assert shown.attributes["src"] == "/media/p1/960.jpeg"
    assert (shown.attributes["width"], shown.attributes["height"]) == ("1600", "1066")
    assert shown.attributes["loading"] == "lazy"
    assert not page.all("p")


def test_a_photo_within_a_line_stays_there_and_has_its_own_text():
    page = parsed(html("See ![](photo:p1) here", {"p1": photo()}))
    assert page.all("img")[1].attributes["alt"] == "A heron"
    assert not page.all("figure")


def test_texts_of_a_photo_that_cannot_be_seen_count_as_none():
    page = parsed(html('![\u200b\xad](photo:p1 "\u2060")', {"p1": photo()}))
    assert page.all("img")[1].attributes["alt"] == "A heron"
    assert not page.all("figcaption")


def test_an_absent_photo_is_replaced_by_its_alternative_text():
    assert html("![A bird](photo:gone)") == "<figure>A bird</figure>\n"


def test_search_reads_the_text_without_markup():
    text = plain_text(
        "# One\n\n[two](/x) `three` ![four](photo:p1)\n\n```py\nfive()\n```\n\n*six* ![seven](https://x/y)"
    )
    assert text.split() == ["One", "two", "three", "four", "five()", "six", "seven"]
