"""Text without case and diacritics, for comparisons; and text without the characters that XML and HTML forbid.

The regular expressions are compiled when they are first used: it takes 6 ms, and most functions need none of them.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

# Letters that Unicode does not decompose, as most people type them.
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h"})
# Chinese, Japanese kana and Thai put no spaces between words: each of their characters counts as a word.
_WORD = r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+"
_MAX_WORD_LENGTH = 40
# https://www.w3.org/TR/xml/#charsets, and C1 controls, which HTML forbids.
_NOT_TEXT = "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"


def fold(text: str) -> str:
    """Write text without case and diacritics: 'Ærø' as 'aero', 'Straße' as 'strasse'."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold().translate(_LETTERS)


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order. Words are cut at a length that real words do not reach."""
    return [word[:_MAX_WORD_LENGTH] for word in _compiled(_WORD).findall(fold(text))]


def count_words(text: str) -> int:
    """Return the number of words of a text, without the cost of folding them."""
    return len(_compiled(_WORD).findall(text))


def spans_of_words(text: str) -> Iterator[tuple[int, int]]:
    """Return where each word of a text begins and ends."""
    return (match.span() for match in _compiled(_WORD).finditer(text))


def printable(text: str) -> str:
    """Remove the characters that XML or HTML forbids."""
    return _compiled(_NOT_TEXT).sub("", text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
