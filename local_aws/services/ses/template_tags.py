"""A template's text and tags, in order.

Whatever the template, it takes a time in proportion to its length: all requests share one process.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_COMMENT, _COMMENT_END = "{{!--", "--}}"
_TRIPLE = re.compile(r"\{\{\{(?P<kind>)(?P<inside>[^{}]*)\}\}\}")
_DOUBLE = re.compile(r"\{\{(?P<kind>[#/!>&^]?)(?P<inside>[^{}]*)\}\}")
# A block's tag alone on its line takes the line with it.
_ALONE = re.compile(r"^[ \t]*(\{\{(?:[#/!]|else\b)[^{}]*\}\})[ \t]*(?:\r?\n|\Z)", re.MULTILINE)


class RenderingError(Exception):
    """A template that cannot be rendered with its data."""


@dataclass(frozen=True)
class Token:
    """A piece of text (kind `text`) or a tag without its braces; a tag's kind is the sign that it begins with."""

    kind: str
    text: str


def tokens(template: str) -> Iterator[Token]:
    """The template's pieces.

    Raises
    ------
    RenderingError
        A tag has no end.
    """
    template = _ALONE.sub(r"\1", template)
    end, last_comment_end = 0, template.rfind(_COMMENT_END)
    while (start := template.find("{{", end)) >= 0:
        # `{{{a}}` is a brace and a tag.
        found = _tag(template, start, last_comment_end) or _tag(template, start + 1, last_comment_end)
        if found is None:
            raise RenderingError("a tag has no end")
        yield Token("text", template[end : found.start])
        yield found.token
        end = found.end
    yield Token("text", template[end:])


class _Found(NamedTuple):
    token: Token
    start: int
    end: int


def _tag(template: str, start: int, last_comment_end: int) -> _Found | None:
    """The tag that begins here; `last_comment_end` saves looking for one that is not there, for each tag again."""
    inside = start + len(_COMMENT)
    if template.startswith(_COMMENT, start) and inside <= last_comment_end:
        return _Found(Token("!", ""), start, template.index(_COMMENT_END, inside) + len(_COMMENT_END))
    tag = _TRIPLE.match(template, start) or _DOUBLE.match(template, start)
    return _Found(Token(tag["kind"], tag["inside"].strip()), start, tag.end()) if tag else None
