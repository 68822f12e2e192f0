"""The word that a mistyped word was meant to be: one letter more, less, different or in the wrong place.

All such words are made and looked up in the vocabulary. So the cost depends on the length of the word and not on the
size of the vocabulary: at most some 2,700 look-ups for a word, two in each.
"""

import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

# In shorter words, most words of one other letter are other words.
_MIN_CHARS, _MAX_CHARS = 4, 20
# Of a vocabulary in many scripts, so many letters are tried.
_MAX_LETTERS = 64


@dataclass(frozen=True)
class Vocabulary:
    """Words in order, each once."""

    words: Sequence[str]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {word: at for at, word in enumerate(self.words)}

    @cached_property
    def _letters(self) -> list[str]:
        return [letter for letter, _ in Counter("".join(self.words)).most_common(_MAX_LETTERS)]

    def nearest(self, word: str, importance: Callable[[int], int]) -> str:
        """Return the word that `word` may stand for, or its beginning; an empty text if there is none.

        Of several words it is the one whose place in `words` has the greatest `importance`.
        """
        if not _MIN_CHARS <= len(word) <= _MAX_CHARS:
            return ""
        candidates = set(self._one_away(word))
        if known := [one for one in sorted(candidates) if one in self._places]:
            return max(known, key=lambda one: importance(self._places[one]))
        begun = (one for one in sorted(candidates) if len(one) >= _MIN_CHARS and self._begins_a_word(one))
        return next(begun, "")

    def _one_away(self, word: str) -> Iterator[str]:
        parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
        for head, tail in parts:
            yield head + tail[1:]
            yield head + tail[1:2] + tail[:1] + tail[2:]
            for letter in self._letters:
                yield head + letter + tail
                yield head + letter + tail[1:]

    def _begins_a_word(self, beginning: str) -> bool:
        at = bisect.bisect_left(self.words, beginning)
        return at < len(self.words) and self.words[at].startswith(beginning)
