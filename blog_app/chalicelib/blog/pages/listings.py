"""Code in a text: coloured, with the name of its language. A listing that is wider than the text scrolls."""

from collections.abc import Sequence
from html import escape
from typing import Any

from chalicelib.blog.pages.highlighting import coloured, name_of
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

# By this the page of a post knows whether the button that copies code has anything to do.
LISTING = '<div class="code">'


def write_listing(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    """Write a fenced or indented block of code as HTML."""
    code = tokens[at].content
    language = next(iter(tokens[at].info.split()), "")
    markup = f"<code>{(language and coloured(code, language)) or escape(code)}</code>"
    if environment["place"].is_elsewhere:
        return f"<pre>{markup}</pre>\n"
    name = escape(name_of(language))
    label = f"<p>{name}</p>" if name else ""
    # A box that scrolls must be reachable by keyboard: https://www.w3.org/WAI/WCAG22/Understanding/keyboard
    return (
        f'{LISTING}{label}<pre role="group" tabindex="0" aria-label="{f"{name} code" if name else "Code"}">'
        f"{markup}</pre></div>\n"
    )
