"""The headings of a text: their level, their ids, and the forms under which a text may name them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import Any
from urllib.parse import quote, unquote

from chalicelib.blog.pages.text_normalization import words
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# Ids of headings contain no colon, and all other ids of a post's page do. So they never collide.
_NOT_IN_ID = r"[^\w\- ]"
_MAX_ID_CHARS = 80
# A text of more headings than any reader wants has no links to them, so that its page does not exceed the limit.
_MAX_LINKED = 200
# Ids began with this in earlier versions, and texts may still name them so.
_FORMER_PREFIX = "s-"


@dataclass(frozen=True)
class Heading:
    """One heading: its text without markup, its id, and its level from 2 to 6."""

    text: str
    id: str
    level: int


@dataclass
class Headings:
    """The headings of one text, whose ids are unique, and the ids by the words of their headings."""

    all: list[Heading] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _last: dict[str, int] = field(default_factory=dict)
    _by_words: dict[str, str] = field(default_factory=dict)

    def add(self, text: str, level: int) -> Heading:
        """Add a heading. Its id is the one that GitHub would give it."""
        heading = Heading(text, self._new_id(_id_of(text)), level)
        self.all.append(heading)
        if form := "".join(words(text)):
            self._by_words.setdefault(form, heading.id)
        return heading

    def id_named(self, fragment: str) -> str:
        """Return the id of the heading that a link's fragment names; an empty text if it names none.

        `the-lock`, `The-Lock` and `the_lock` all name `## The lock`, unless another heading has this id.
        """
        name = unicodedata.normalize("NFC", unquote(fragment))
        if name in self._ids:
            return name
        forms = ("".join(words(name)), "".join(words(name.removeprefix(_FORMER_PREFIX))))
        return next((self._by_words[form] for form in forms if form in self._by_words), "")

    def _new_id(self, name: str) -> str:
        """Return a name, with a number if it is used already."""
        one = name
        while one in self._ids:
            # The last number of each name is kept, since a long text can have thousands of equal headings.
            # mdit_py_plugins.anchors tries all numbers again, which takes quadratic time.
            self._last[name] = self._last.get(name, 0) + 1
            one = f"{name}-{self._last[name]}"
        self._ids.add(one)
        return one


def number_headings(state: StateCore) -> None:
    """Give headings ids, and make headings of level 1, which is the post's title, level 2."""
    headings = state.env["headings"] = Headings()
    for opening, inline, closing in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if opening.type == "heading_open":
            opening.tag = closing.tag = "h2" if opening.tag == "h1" else opening.tag
            heading = headings.add(_text_of(inline.children or ()), int(opening.tag[1]))
            opening.attrSet("id", heading.id)
            opening.meta = closing.meta = {"heading": heading}


def open_heading(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    """Write a heading's opening tag; a box around it takes the link to it."""
    box = '<div class="heading">' if _has_link(environment) else ""
    return box + renderer.renderToken(tokens, at, options, environment)


def close_heading(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    """Write a heading's closing tag, and behind it the link to it, whose name is not part of the heading."""
    closing = renderer.renderToken(tokens, at, options, environment)
    if not _has_link(environment):
        return closing
    heading = tokens[at].meta["heading"]
    label = escape(f"Link to \u201c{heading.text}\u201d")
    return f'{closing}<a href="#{quote(heading.id)}" aria-label="{label}">#</a></div>\n'


def _has_link(environment: Any) -> bool:
    return not environment["place"].is_elsewhere and len(environment["headings"].all) <= _MAX_LINKED


def _text_of(children: Sequence[Token]) -> str:
    """Return the text of a heading without its markup."""
    texts = (
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in children
        if child.type in {"text", "code_inline", "image", "softbreak", "hardbreak"}
    )
    return "".join(texts).strip()


def _id_of(text: str) -> str:
    plain = _not_in_id().sub("", unicodedata.normalize("NFC", text.lower()).strip())
    return "-".join(plain.split(" "))[:_MAX_ID_CHARS] or "section"


@cache
def _not_in_id() -> re.Pattern[str]:
    return re.compile(_NOT_IN_ID)
