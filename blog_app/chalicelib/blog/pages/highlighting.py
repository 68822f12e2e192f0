"""Code as HTML with Pygments' classes, which the style sheet colours. Loaded only when a post has code."""

from functools import cache

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

# Longer blocks stay plain: some of Pygments' lexers take much more than linear time.
_MAX_CHARS = 20_000


@cache
def classes() -> frozenset[str]:
    """Every class that may come out."""
    return frozenset(filter(None, STANDARD_TYPES.values()))


def coloured(code: str, language: str) -> str:
    """Code as HTML; empty when nobody knows the language, or there is too much of it."""
    if len(code) > _MAX_CHARS:
        return ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    html: str = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return html
