"""Rules that change parsed Markdown before it is written as HTML: pictures of other sites, tables."""

from collections.abc import Iterable, Iterator

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

PHOTO_SCHEME = "photo:"
OWN_PICTURES = "/media/"
ALIGNED = {"text-align:left": "left", "text-align:center": "center", "text-align:right": "right"}
_MAX_ADDRESS_AS_TEXT = 100


def link_pictures_elsewhere(state: StateCore) -> None:
    """Replace other sites' pictures with links: the content security policy allows our own pictures only."""
    for token in state.tokens:
        if token.children:
            token.children = list(_with_links(token.children, state))


def _with_links(children: Iterable[Token], state: StateCore) -> Iterator[Token]:
    links = 0
    for token in children:
        links += token.nesting if token.type in {"link_open", "link_close"} else 0
        source = str(token.attrs.get("src", ""))
        if token.type != "image" or source.startswith((PHOTO_SCHEME, OWN_PICTURES)):
            yield token
            continue
        alt = state.md.renderer.renderInlineAsText(token.children, state.md.options, state.env)  # type: ignore[attr-defined]
        text = Token("text", "", 0, content=alt or source[:_MAX_ADDRESS_AS_TEXT])
        # HTML allows no link in a link, and browsers do not follow links to `data:` URLs.
        yield from [text] if links or source.startswith("data:") else _link(token, source, text)


def _link(picture: Token, source: str, text: Token) -> list[Token]:
    title = {"title": picture.attrs["title"]} if "title" in picture.attrs else {}
    return [Token("link_open", "a", 1, attrs={"href": source, **title}), text, Token("link_close", "a", -1)]


def align_by_class(state: StateCore) -> None:
    """Align a cell by a class: the content security policy forbids style attributes."""
    for token in state.tokens:
        if token.type in {"th_open", "td_open"} and (style := token.attrs.pop("style", None)):
            token.attrSet("class", ALIGNED[str(style)])
        if token.type == "th_open":
            token.attrSet("scope", "col")
