"""How long a text takes to read."""

from chalicelib.blog.pages.text_normalization import count_words

_WORDS_A_MINUTE = 220


def minutes(markdown: str) -> int:
    """Return the minutes that a post takes to read, at least one."""
    return max(1, round(count_words(markdown) / _WORDS_A_MINUTE))
