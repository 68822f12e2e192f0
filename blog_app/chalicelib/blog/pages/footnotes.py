"""Footnotes by mdit-py-plugins: `[^1]` in a text, and `[^1]: the note` anywhere in it. Their markup is ours.

The roles are those of https://www.w3.org/TR/dpub-aria-1.1/.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

# Ids of footnotes; ids of headings contain no colon.
FOOTNOTE_ID = "(?:fn|fnref):[0-9:]{1,12}"
_MAX_LABEL_CHARS = 100


def add_footnotes(parser: MarkdownIt) -> None:
    """Have a parser read and write footnotes; without `^[inline notes]`, which can be nested without a limit."""
    footnote_plugin(parser, inline=False)
    parser.inline.ruler.at("footnote_ref", _reference)
    parser.add_render_rule("footnote_ref", _write_reference)
    parser.add_render_rule("footnote_block_open", _open_block)
    parser.add_render_rule("footnote_open", _open_note)
    parser.add_render_rule("footnote_anchor", _write_link_back)


def _reference(state: StateInline, silent: bool) -> bool:
    """Read a reference. The plugin's own rule looks for its end up to the end of the text, for each `[^` again."""
    return bool(_label().match(state.src, state.pos)) and footnote_ref(state, silent)


@cache
def _label() -> re.Pattern[str]:
    return re.compile(rf"\[\^[^\s\]]{{1,{_MAX_LABEL_CHARS}}}\]")


def _write_reference(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    number = tokens[at].meta["id"] + 1
    address = environment["place"].here(f"fn:{number}")
    return (
        f'<sup><a id="fnref:{_place_of(tokens[at])}" href="{address}" role="doc-noteref"'
        f' aria-label="Note {number}">{number}</a></sup>'
    )


def _open_block(renderer: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    return '<section class="footnotes" role="doc-endnotes" aria-label="Notes">\n<ol>\n'


def _open_note(renderer: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    return f'<li id="fn:{tokens[at].meta["id"] + 1}">'


def _write_link_back(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    address = environment["place"].here(f"fnref:{_place_of(tokens[at])}")
    # The variation selector keeps the arrow from being shown as an emoji.
    return f' <a href="{address}" role="doc-backlink" aria-label="Back to the text">\u21a9\ufe0e</a>'


def _place_of(token: Token) -> str:
    """Return the number of a note, and of the reference to it if it is not the first one."""
    number, reference = token.meta["id"] + 1, token.meta.get("subId", 0)
    return f"{number}:{reference + 1}" if reference > 0 else str(number)
