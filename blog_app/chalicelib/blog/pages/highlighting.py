"""Code as HTML with Pygments' classes, which the style sheet colours."""

from functools import cache

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

# Some of Pygments' 600 lexers take quadratic time or worse, most of them for many or long lines. These lexers, each by
# its first alias, take at most half a second within the limits below, even for text that repeats one short pattern.
_NAMES = """
awk bash batch c clojure cmake console cpp csharp css dart diff docker elixir elm erlang fsharp go graphql groovy
haskell html http ini java javascript json jsx julia kotlin less lua make markdown nasm nginx nixos objective-c
ocaml perl php postgresql powershell protobuf pycon python splus restructuredtext ruby rust sass scala scheme scss
sed sql swift terraform tex toml tsx typescript vim xml yaml zig
"""
_LANGUAGES = frozenset(_NAMES.split())
_MAX_CHARS = 4_000
_MAX_LINES = 200
_MAX_NAME_CHARS = 30
_MAX_LINE_CHARS = 300


@cache
def classes() -> frozenset[str]:
    """Return every class that the HTML can contain."""
    return frozenset(filter(None, STANDARD_TYPES.values()))


def name_of(language: str) -> str:
    """Return the name of one of our languages, such as `C++` for `cpp`; other names are returned unchanged."""
    return _names().get(language.lower(), language[:_MAX_NAME_CHARS])


@cache
def _names() -> dict[str, str]:
    return {alias: name for name, aliases, *_ in get_all_lexers(plugins=False) for alias in aliases}


def coloured(code: str, language: str) -> str:
    """Return code as HTML; an empty text if the language is not one of ours, or the code exceeds the limits."""
    lines = code.split("\n")
    if len(code) > _MAX_CHARS or len(lines) > _MAX_LINES or max(map(len, lines)) > _MAX_LINE_CHARS:
        return ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    if lexer.aliases[0] not in _LANGUAGES:
        return ""
    html: str = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return html
