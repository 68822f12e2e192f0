"""The search index, which is made when posts are published, and the search in it.

The index is one MessagePack value, compressed by zlib. It holds what a result shows of each post, all words in order,
for each word the posts that have it, and the text of each post. A text is compressed by itself, since a search reads
few of them. A word is written as the number of characters that it shares with the word before, and the rest.
"""

import bisect
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec
from chalicelib.blog.pages.failing_posts import skip_failing
from chalicelib.blog.pages.reading_time import minutes
from chalicelib.blog.pages.text_normalization import words
from chalicelib.blog.posts.model import Post
from chalicelib.blog.search.model import Found, Hit, SearchResult
from chalicelib.blog.search.snippets import Marker
from chalicelib.blog.search.spelling import Vocabulary

_MAX_QUERY_WORDS = 8
_MAX_RESULTS = 50
_TITLE_WEIGHT = 8
_TAG_WEIGHT = 4
# The weight of a word that only begins with the searched word, relative to the searched word itself.
_PREFIX_SHARE = 0.5
_MAX_WEIGHT = 255


class _Index(msgspec.Struct, frozen=True, array_like=True):
    posts: list[SearchResult]
    shared: bytes
    rests: str
    # For each word, alternately: the number of a post, and the weight of the word in it.
    postings: list[list[int]]
    # Indexes of earlier versions have no texts.
    texts: list[bytes] = []

    def words(self) -> list[str]:
        """Return all words in full."""
        word, whole = "", []
        for shared, rest in zip(self.shared, self.rests.split("\n"), strict=False):
            word = word[:shared] + rest
            whole.append(word)
        return whole


def search_index(posts: Iterable[Post]) -> bytes:
    """Make the index of the words in titles, tags, summaries and texts; posts that cannot be rendered are left out."""
    from chalicelib.blog.pages.markdown import plain_text  # noqa: PLC0415 - searching needs no renderer

    results: list[SearchResult] = []
    texts: list[bytes] = []
    postings: dict[str, list[int]] = {}
    for number, (post, text) in enumerate(skip_failing(posts, lambda post: plain_text(post.body_markdown))):
        result = SearchResult(
            slug=post.slug,
            title=post.title,
            summary=post.summary,
            published_at=post.published_at or "",
            tags=list(post.tags),
            author=post.author,
            minutes=minutes(post.body_markdown),
        )
        results.append(result)
        texts.append(zlib.compress(_in_one_line(text).encode(), 9))
        for word, weight in _weights(post, text).items():
            postings.setdefault(word, []).extend((number, weight))
    in_order = sorted(postings)
    index = _Index(results, *_front_coded(in_order), [postings[word] for word in in_order], texts)
    return zlib.compress(msgspec.msgpack.encode(index), 9)


def search(index: bytes, query: str) -> Found:
    """Find the posts that have every word of the query, or words that begin with it; the best first, then the newest.

    A word that no post has is taken for the word that it is nearest to.

    Raises
    ------
    ValueError
        The bytes are not an index.
    """
    query_words = list(dict.fromkeys(words(query)))[:_MAX_QUERY_WORDS]
    if not query_words:
        return Found([])
    read, vocabulary = _read(index)
    searched = [_known(read, vocabulary, word) for word in query_words]
    scores = [_scores(read, vocabulary.words, word) for word in searched]
    everywhere = set(scores[0]).intersection(*scores[1:])
    total = {number: sum(score[number] for score in scores) for number in everywhere}
    newest_first = sorted(total, key=lambda number: read.posts[number].published_at, reverse=True)
    best_first = sorted(newest_first, key=lambda number: total[number], reverse=True)
    marker = Marker(searched)
    hits = [_hit(read, number, marker) for number in best_first[:_MAX_RESULTS]]
    return Found(hits, corrected=" ".join(searched) if hits and searched != query_words else "")


@lru_cache(maxsize=1)
def _read(index: bytes) -> tuple[_Index, Vocabulary]:
    try:
        read = msgspec.msgpack.decode(zlib.decompress(index), type=_Index)
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError("these bytes are not a search index") from error
    return read, Vocabulary(read.words())


def _known(index: _Index, vocabulary: Vocabulary, word: str) -> str:
    """Return a word, or the nearest one if no word of the index begins with it."""
    if any(True for _ in _beginning_with(vocabulary.words, word)):
        return word
    return vocabulary.nearest(word, lambda at: len(index.postings[at])) or word


def _hit(index: _Index, number: int, marker: Marker) -> Hit:
    post = index.posts[number]
    text = zlib.decompress(index.texts[number]).decode() if index.texts else ""
    return Hit(post, marker.marked(post.title), marker.passage(text) or marker.marked(post.summary))


def _in_one_line(text: str) -> str:
    """Write a text in one line, with a dot between a heading or an item of a list and what follows."""
    blocks = [block for block in (" ".join(line.split()) for line in text.split("\n")) if block]
    return " ".join(block + " ·" if block[-1].isalnum() else block for block in blocks).removesuffix(" ·")


def _weights(post: Post, text: str) -> Counter[str]:
    """Return the weight of each word of a post. Titles and tags count more; repetitions count less than the first."""
    weights = Counter({word: round(4 * (1 + math.log(count))) for word, count in Counter(words(text)).items()})
    for word in dict.fromkeys(words(post.summary)):
        weights[word] += _TAG_WEIGHT
    for word in dict.fromkeys(words(" ".join(post.tags))):
        weights[word] += _TAG_WEIGHT * 2
    for word in dict.fromkeys(words(post.title)):
        weights[word] += _TITLE_WEIGHT * 4
    return Counter({word: min(weight, _MAX_WEIGHT) for word, weight in weights.items()})


def _scores(index: _Index, all_words: Sequence[str], query_word: str) -> dict[int, float]:
    """Return the score of each post that has a word with this beginning. Rare words count more."""
    scores: dict[int, float] = {}
    for at in _beginning_with(all_words, query_word):
        posting = index.postings[at]
        rarity = math.log(1 + len(index.posts) / (len(posting) // 2))
        share = 1 if all_words[at] == query_word else _PREFIX_SHARE
        for number, weight in zip(posting[::2], posting[1::2], strict=True):
            scores[number] = max(scores.get(number, 0), weight * rarity * share)
    return scores


def _beginning_with(all_words: Sequence[str], prefix: str) -> Iterator[int]:
    # A single letter matches only that word, and not every word that begins with it.
    start = bisect.bisect_left(all_words, prefix)
    for at in range(start, len(all_words)):
        if not all_words[at].startswith(prefix) or (len(prefix) == 1 and all_words[at] != prefix):
            return
        yield at


def _front_coded(in_order: Sequence[str]) -> tuple[bytes, str]:
    shared = [_common(before, word) for before, word in pairwise(["", *in_order])]
    return bytes(shared), "\n".join(word[count:] for count, word in zip(shared, in_order, strict=True))


def _common(one: str, other: str) -> int:
    length = min(len(one), len(other))
    return next((at for at in range(length) if one[at] != other[at]), length)
