"""The passage of a text that has most of the searched words, and the searched words marked in it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.blog.pages.text_normalization import spans_of_words, words

_LENGTH = 220
# A passage begins so many characters before the first word that is found, at most.
_BEFORE = 60
# A longer text is searched only so far.
_MAX_SEARCHED = 20_000
_CUT = "…"


class Piece(NamedTuple):
    """A part of a text, and whether it is one of the searched words."""

    text: str
    is_marked: bool


class _Place(NamedTuple):
    start: int
    end: int
    word: str


class Marker:
    """Finds the words of one search in texts; each word also where it begins another."""

    def __init__(self, searched: Sequence[str]) -> None:
        self._searched = searched
        # Texts repeat their words.
        self._known: dict[str, str] = {}

    def marked(self, text: str) -> list[Piece]:
        """Return a whole text in pieces."""
        return list(_pieces(text, 0, len(text), list(self._places(text))))

    def passage(self, text: str) -> list[Piece]:
        """Return the best passage of a text in pieces; none if it has none of the words."""
        places = list(self._places(text[:_MAX_SEARCHED]))
        if not places:
            return []
        begin, end = _around(text, _best(places))
        before = [Piece(_CUT, is_marked=False)] if begin else []
        after = [Piece(_CUT, is_marked=False)] if end < len(text) else []
        return [*before, *_pieces(text, begin, end, places), *after]

    def _places(self, text: str) -> Iterator[_Place]:
        for start, end in spans_of_words(text):
            if word := self._found(text[start:end]):
                yield _Place(start, end, word)

    def _found(self, token: str) -> str:
        if token not in self._known:
            folded = next(iter(words(token)), "")
            self._known[token] = next((one for one in self._searched if _stands_for(one, folded)), "")
        return self._known[token]


def _stands_for(searched: str, word: str) -> bool:
    """Whether a word of a text is found by a searched word. A single letter finds only itself."""
    return word == searched or (len(searched) > 1 and word.startswith(searched))


def _best(places: Sequence[_Place]) -> _Place:
    """Return the place from which a passage has the most different words; the first of those."""
    best, most, last = places[0], 0, 0
    within: dict[str, int] = {}
    for place in places:
        while last < len(places) and places[last].end <= place.start + _LENGTH - _BEFORE:
            within[places[last].word] = within.get(places[last].word, 0) + 1
            last += 1
        if (count := sum(number > 0 for number in within.values())) > most:
            best, most = place, count
        if place.word in within:
            within[place.word] -= 1
    return best


def _around(text: str, place: _Place) -> tuple[int, int]:
    """Return where a passage begins and ends, between words if there are spaces."""
    begin = max(0, place.start - _BEFORE)
    if begin:
        space = text.find(" ", begin, place.start)
        begin = space + 1 if space >= 0 else begin
    end = min(len(text), max(begin + _LENGTH, place.end))
    if end < len(text):
        space = text.rfind(" ", place.end, end)
        end = space if space >= 0 else end
    return begin, end


def _pieces(text: str, begin: int, end: int, places: Sequence[_Place]) -> Iterator[Piece]:
    at = begin
    for place in places:
        if begin <= place.start and place.end <= end:
            if at < place.start:
                yield Piece(text[at : place.start], is_marked=False)
            yield Piece(text[place.start : place.end], is_marked=True)
            at = place.end
    if at < end:
        yield Piece(text[at:end], is_marked=False)
