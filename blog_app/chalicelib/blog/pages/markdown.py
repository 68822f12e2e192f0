"""A post's Markdown as HTML: rendered by markdown-it-py, highlighted by Pygments, sanitised by nh3.

HTML in the Markdown is text. Passed on, it could be left open, and a parser opens what is left open anew in each
paragraph (https://html.spec.whatwg.org/#reconstruct-the-active-formatting-elements): 50,000 characters became 180 MB.

Whatever an author writes passes the sanitiser last; only our own markup for photos is put in after it (`figures`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import nh3
from chalicelib.blog.errors import InvalidPost
from chalicelib.blog.pages import headings, markdown_rules, references
from chalicelib.blog.pages.figures import END_MARK, MARK, Pictures, photo_id_in, write_image
from chalicelib.blog.pages.footnotes import FOOTNOTE_ID, add_footnotes
from chalicelib.blog.pages.headings import Heading
from chalicelib.blog.pages.highlighting import classes
from chalicelib.blog.pages.listings import write_listing
from chalicelib.blog.pages.markdown_rules import ALIGNED, OWN_PICTURES, PHOTO_SCHEME
from chalicelib.blog.pages.references import Place
from chalicelib.blog.pages.text_normalization import printable
from chalicelib.blog.photos.model import Photo
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

# Many times what ordinary texts of the maximum length become. Link definitions that are used many times, missing table
# cells that are filled in, and photos can become far more.
MAX_HTML_CHARS = 1_000_000
_NOWHERE = Place()
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_BLOCKS = {"blockquote", "div", "hr", "li", "ol", "p", "pre", "section", "ul"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_WORDS = {"a", "br", "code", "em", "img", "s", "span", "strong", "sup"}
_ATTRIBUTES = {
    "a": {"href", "title", "id", "role", "aria-label"},
    "img": {"src", "alt", "title"},
    "li": {"id"},
    "ol": {"start"},
    "pre": {"aria-label"},
    "section": {"role", "aria-label"},
    "th": {"scope"},
    **{heading: {"id"} for heading in _HEADINGS},
}


@dataclass(frozen=True)
class Body:
    """A post's text as HTML, and its headings."""

    html: str
    headings: Sequence[Heading]


def render(markdown: str, photos: Mapping[str, Photo], place: Place = _NOWHERE) -> Body:
    """Render a post's Markdown as HTML that is safe on our pages.

    `![alt](photo:ID "caption")` shows one of `photos`. References lead from `place` to where they lead on the page.

    Raises
    ------
    InvalidPost
        The HTML exceeds the limit.
    """
    pictures = Pictures(photos, place.base)
    environment: dict[str, Any] = {"pictures": pictures, "place": place}
    source = printable(markdown)
    parser = _parser()
    tokens = parser.parse(source, environment)
    # Before any HTML is written: in the tokens, a link definition that is used many times is one string.
    _check(_written_chars(tokens))
    written = parser.renderer.render(tokens, parser.options, environment)
    _check(len(written))
    clean = _cleaner().clean(written)
    if place.base:
        clean = re.sub(r'(<img\b[^>]*? src=")/(?!/)', lambda match: f"{match[1]}{place.base}/", clean)
    html = pictures.replace_marks(clean)
    _check(len(html))
    return Body(html, environment["headings"].all)


def photo_ids(markdown: str) -> list[str]:
    """Return the ids of the photos that a post shows, each once, in order."""
    sources = (
        str(child.attrs["src"])
        for token in _parser().parse(printable(markdown))
        for child in token.children or ()
        if child.type == "image"
    )
    return list(dict.fromkeys(photo_id_in(source) for source in sources if source.startswith(PHOTO_SCHEME)))


def plain_text(markdown: str) -> str:
    """Return the text of a post without its markup, for search."""
    texts: list[str] = []
    for token in _parser().parse(printable(markdown)):
        if token.type in {"fence", "code_block"}:
            texts.append(token.content)
        for child in token.children or ():
            if child.type in {"text", "code_inline", "image"}:
                texts.append(child.content)
            elif child.type in {"softbreak", "hardbreak"}:
                texts.append(" ")
        texts.append("\n")
    return "".join(texts).strip()


def _written_chars(tokens: Iterable[Token]) -> int:
    """Return a lower bound of the characters that are written for tokens."""
    return sum(
        len(token.content)
        + sum(len(str(value)) for value in token.attrs.values())
        + _written_chars(token.children or ())
        for token in tokens
    )


def _check(chars: int) -> None:
    if chars > MAX_HTML_CHARS:
        raise InvalidPost("bodyMarkdown", f"becomes a page of more than {MAX_HTML_CHARS} characters")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True, "maxNesting": 20}).enable(
        ["table", "strikethrough", "replacements", "smartquotes"]
    )
    parser.core.ruler.push("our_headings", headings.number_headings)
    parser.core.ruler.push("our_references", references.resolve_references)
    parser.core.ruler.push("our_pictures", markdown_rules.link_pictures_elsewhere)
    parser.core.ruler.push("our_tables", markdown_rules.align_by_class)
    add_footnotes(parser)
    parser.add_render_rule("heading_open", headings.open_heading)
    parser.add_render_rule("heading_close", headings.close_heading)
    parser.add_render_rule("fence", write_listing)
    parser.add_render_rule("code_block", write_listing)
    parser.add_render_rule("image", write_image)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    return parser


@cache
def _cleaner() -> nh3.Cleaner:
    aligned = set(ALIGNED.values())
    return nh3.Cleaner(
        tags=_HEADINGS | _BLOCKS | _TABLES | _WORDS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        allowed_classes={
            "span": set(classes()),
            "div": {"scroll", "code", "heading"},
            "section": {"footnotes"},
            "td": aligned,
            "th": aligned,
        },
        tag_attribute_values={box: {"tabindex": {"0"}, "role": {"group"}} for box in ("pre", "div")},
        set_tag_attribute_values={"img": {"loading": "lazy", "decoding": "async"}},
    )


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    """Return an attribute's value, or None to leave the attribute out."""
    if MARK in value or END_MARK in value:
        return None
    if attribute == "id" and ":" in value and not re.fullmatch(FOOTNOTE_ID, value):
        # The page's own ids contain a colon.
        return None
    if (tag, attribute) == ("img", "src") and not value.startswith(OWN_PICTURES):
        return None
    return value


def _table_open(renderer: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    # A box that scrolls must be reachable by keyboard: https://www.w3.org/WAI/WCAG22/Understanding/keyboard
    return '<div class="scroll" role="group" tabindex="0"><table>\n'


def _table_close(renderer: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    return "</table></div>\n"
