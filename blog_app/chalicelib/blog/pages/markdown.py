"""A post's Markdown as HTML: rendered by markdown-it-py, highlighted by Pygments, sanitised by nh3.

HTML in the Markdown is text. Passed on, it could be left open, and a parser opens what is left open anew in each
paragraph (https://html.spec.whatwg.org/#reconstruct-the-active-formatting-elements): 50,000 characters became 180 MB.

Whatever an author writes passes the sanitiser last; only our own markup for photos is put in after it. Where a photo
goes is marked by two private-use characters, which no attribute may contain, so that they end in text or nowhere.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

import nh3
from chalicelib.blog.errors import InvalidPost
from chalicelib.blog.pages import headings, markdown_rules, references
from chalicelib.blog.pages.highlighting import classes, coloured
from chalicelib.blog.pages.markdown_rules import ALIGNED, OWN_PICTURES, PHOTO_SCHEME
from chalicelib.blog.pages.photos import picture
from chalicelib.blog.pages.references import Place
from chalicelib.blog.pages.text_normalization import printable, words
from chalicelib.blog.photos.model import Photo
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

# Many times what ordinary texts of the maximum length become. Link definitions that are used many times, missing table
# cells that are filled in, and photos can become far more.
MAX_HTML_CHARS = 1_000_000
_WORDS_A_MINUTE = 220
_NOWHERE = Place()
_MARK, _END_MARK = "\ue000", "\ue001"
_MARKED = re.compile(f"<p>{_MARK}([0-9]{{1,4}}){_END_MARK}</p>|{_MARK}([0-9]{{1,4}}){_END_MARK}")
_STRAY_MARKS = str.maketrans("", "", _MARK + _END_MARK)
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_BLOCKS = {"blockquote", "div", "hr", "li", "ol", "p", "pre", "ul"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_WORDS = {"a", "br", "code", "em", "img", "s", "span", "strong"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"scope"},
    **{heading: {"id"} for heading in _HEADINGS},
}


@dataclass(frozen=True)
class Body:
    """A post's text as HTML, and the minutes that it takes to read."""

    html: str
    minutes: int


def render(markdown: str, photos: Mapping[str, Photo], place: Place = _NOWHERE) -> Body:
    """Render a post's Markdown as HTML that is safe on our pages.

    `![alt](photo:ID "caption")` shows one of `photos`. References lead from `place` to where they lead on the page.

    Raises
    ------
    InvalidPost
        The HTML exceeds the limit.
    """
    environment: dict[str, Any] = {"pictures": [], "place": place}
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
    html = _MARKED.sub(_photo_writer(environment["pictures"], photos, place.base), clean).translate(_STRAY_MARKS)
    _check(len(html))
    return Body(html, max(1, round(len(words(source)) / _WORDS_A_MINUTE)))


def photo_ids(markdown: str) -> list[str]:
    """Return the ids of the photos that a post shows, each once, in order."""
    pictures = (
        str(child.attrs["src"])
        for token in _parser().parse(printable(markdown))
        for child in token.children or ()
        if child.type == "image"
    )
    return [one.removeprefix(PHOTO_SCHEME) for one in dict.fromkeys(pictures) if one.startswith(PHOTO_SCHEME)]


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
    parser = MarkdownIt(
        "commonmark", {"html": False, "typographer": True, "highlight": _highlighted, "maxNesting": 20}
    ).enable(["table", "strikethrough", "replacements", "smartquotes"])
    parser.core.ruler.push("our_headings", headings.number_headings)
    parser.core.ruler.push("our_references", references.resolve_references)
    parser.core.ruler.push("our_pictures", markdown_rules.link_pictures_elsewhere)
    parser.core.ruler.push("our_tables", markdown_rules.align_by_class)
    parser.add_render_rule("image", _image)
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
            "pre": {"code"},
            "div": {"scroll"},
            "td": aligned,
            "th": aligned,
        },
        tag_attribute_values={"pre": {"tabindex": {"0"}}, "div": {"tabindex": {"0"}, "role": {"group"}}},
        set_tag_attribute_values={"img": {"loading": "lazy", "decoding": "async"}},
    )


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    """Return an attribute's value, or None to leave the attribute out."""
    if _MARK in value or _END_MARK in value:
        return None
    if attribute == "id" and ":" in value:
        # The page's own ids contain a colon.
        return None
    if (tag, attribute) == ("img", "src") and not value.startswith(OWN_PICTURES):
        return None
    return value


def _highlighted(code: str, language: str, attributes: str) -> str:
    return (
        f'<pre class="code" tabindex="0"><code>{(language and coloured(code, language)) or escape(code)}</code></pre>\n'
    )


def _table_open(renderer: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    # A box that scrolls must be reachable by keyboard: https://www.w3.org/WAI/WCAG22/Understanding/keyboard
    return '<div class="scroll" role="group" tabindex="0"><table>\n'


def _table_close(renderer: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    return "</table></div>\n"


def _image(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    token = tokens[at]
    source = str(token.attrs.get("src", ""))
    alt = renderer.renderInlineAsText(token.children, options, environment)
    if not source.startswith(PHOTO_SCHEME):
        token.attrSet("alt", alt)
        return renderer.renderToken(tokens, at, options, environment)
    environment["pictures"].append((source.removeprefix(PHOTO_SCHEME), alt, str(token.attrs.get("title", ""))))
    return f"{_MARK}{len(environment['pictures']) - 1}{_END_MARK}"


def _photo_writer(
    pictures: Sequence[tuple[str, str, str]], photos: Mapping[str, Photo], base: str
) -> Callable[[re.Match[str]], str]:
    """Return the function that writes our markup in place of a photo's mark."""

    def write(match: re.Match[str]) -> str:
        stands_alone = match[1] is not None
        number = int(match[1] or match[2])
        if number >= len(pictures):
            return ""
        photo_id, alt, caption = pictures[number]
        photo = photos.get(photo_id)
        markup = str(picture(photo, alt=alt or None, base=base)) if photo else escape(alt)
        if not stands_alone:
            return markup
        caption_markup = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        return f"<figure>{markup}{caption_markup}</figure>"

    return write
