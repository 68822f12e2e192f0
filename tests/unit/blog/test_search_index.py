"""Search finds words in titles and texts, whatever their case and diacritics, the best first."""

import zlib

import msgspec
import pytest
from chalicelib.blog.pages.text_normalization import words
from chalicelib.blog.search.search_index import search, search_index
from chalicelib.blog.search.snippets import Marker
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.blog.pages.samples import post

INDEX = search_index(
    [
        post(slug="heron", title="The heron", body_markdown="It stands in the river.", summary="", tags=["birds"]),
        post(
            slug="river",
            title="River light",
            body_markdown="No bird today. Café at the [lock](/x).",
            summary="",
            tags=["light"],
        ),
        post(
            slug="train",
            title="Straße und Ærø",
            body_markdown="A heron flew over the river twice: river.",
            summary="",
            tags=[],
        ),
        post(slug="tokyo", title="東京の夜", body_markdown="`highest(locks)`", summary="Night", tags=[]),
    ]
)


def slugs(query: str) -> list[str]:
    return found_in(INDEX, query)


def found_in(index: bytes, query: str) -> list[str]:
    return [hit.post.slug for hit in search(index, query).hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("heron", ["heron", "train"]),
        ("HERON", ["heron", "train"]),
        ("hero", ["heron", "train"]),
        ("river", ["river", "train", "heron"]),
        ("river heron", ["heron", "train"]),
        ("cafe", ["river"]),
        ("CAFÉ", ["river"]),
        ("cafe\u0301", ["river"]),
        ("strasse", ["train"]),
        ("aero", ["train"]),
        ("東京", ["tokyo"]),
        ("京", ["tokyo"]),
        ("highest", ["tokyo"]),
        ("a", ["train"]),
        ("birds", ["heron"]),
        ("zebra", []),
        ("heron zebra", []),
        ("", []),
        ("  -- !? ", []),
        ("<script>", []),
    ],
)
def test_what_a_query_finds(query, expected):
    assert slugs(query) == expected


def test_a_title_counts_more_than_a_text_and_the_newer_wins_a_tie():
    posts = [
        post(slug="text", title="x", body_markdown="otter otter"),
        post(slug="old", title="Otter", body_markdown="", published_at="2025-01-01T00:00:00Z"),
        post(slug="new", title="Otter", body_markdown="", published_at="2026-01-01T00:00:00Z"),
    ]
    assert found_in(search_index(posts), "otter") == ["new", "old", "text"]


def test_an_equal_word_counts_more_than_one_that_begins_with_it():
    posts = [
        post(slug="longer", title="Heroic", body_markdown="", summary="", published_at="2026-01-01T00:00:00Z"),
        post(slug="itself", title="Hero", body_markdown="", summary="", published_at="2025-01-01T00:00:00Z"),
    ]
    assert found_in(search_index(posts), "hero") == ["itself", "longer"]


def test_a_rare_word_counts_more_than_a_common_one():
    posts = [
        post(slug="common", title="x", body_markdown="water " * 9 + "otter", published_at="2026-01-01T00:00:00Z"),
        post(slug="rare", title="x", body_markdown="otter " * 9 + "water", published_at="2025-01-01T00:00:00Z"),
        *(post(slug=f"other{n}", title="x", body_markdown="water") for n in range(9)),
    ]
    assert found_in(search_index(posts), "water otter") == ["rare", "common"]


def test_a_result_shows_what_the_list_needs():
    found = search(INDEX, "heron").hits[0].post
    assert (found.title, found.tags, found.published_at) == ("The heron", ["birds"], "2026-11-23T06:30:00.000Z")


def test_an_index_can_be_made_of_no_posts():
    assert search(search_index([]), "a").hits == []


@pytest.mark.parametrize("index", [b"", b"x" * 100, INDEX[:-10]])
def test_bytes_that_are_not_an_index_are_refused(index):
    with pytest.raises(ValueError, match="not a search index"):
        search(index, "a")


def test_the_index_is_smaller_than_the_texts():
    vocabulary = [f"word{number % 977}x{number % 31}" for number in range(60_000)]
    posts = [
        post(slug=f"p{n}", title=f"Post {n}", body_markdown=" ".join(vocabulary[n * 300 : n * 300 + 300]))
        for n in range(200)
    ]
    size = sum(len(one.body_markdown) for one in posts)
    assert len(search_index(posts)) < size / 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4), st.data())
def test_every_word_and_its_beginning_finds_its_post(titles, data):
    posts = [post(slug=f"p{n}", title=title, body_markdown="", summary="") for n, title in enumerate(titles)]
    index = search_index(posts)
    chosen = data.draw(st.sampled_from(posts))
    for word in words(chosen.title):
        for asked in (word, word[: max(2, len(word) // 2)]):
            # Folding a word once more may split it: then all its parts are asked for.
            assert chosen.slug in found_in(index, asked)


TYPOS = search_index(
    [
        post(slug="one", title="The heron", summary="One.", body_markdown="A heron. A herb, and stones."),
        post(slug="two", title="Herbs", summary="", body_markdown="Only a herb. Высокий мост."),
    ]
)


@pytest.mark.parametrize(
    ("query", "corrected", "expected"),
    [
        ("heorn", "heron", ["one"]),
        ("herron", "heron", ["one"]),
        ("heon", "heron", ["one"]),
        ("geron", "heron", ["one"]),
        ("HERÖM", "heron", ["one"]),
        ("heeb", "herb", ["two", "one"]),
        ("sotn", "ston", ["one"]),
        ("высокмй", "высокии", ["two"]),
        ("heron hreb", "heron herb", ["one"]),
        # Too far away, too short, too long; and what is found is not corrected.
        ("hroen", "", []),
        ("hem", "", []),
        ("h" * 40, "", []),
        ("her", "", ["one", "two"]),
        ("heron zebra", "", []),
    ],
)
def test_a_mistyped_word_finds_the_nearest(query, corrected, expected):
    found = search(TYPOS, query)
    assert (found.corrected, sorted(hit.post.slug for hit in found.hits)) == (corrected, sorted(expected))


def marks(pieces) -> str:
    return "".join(f"[{piece.text}]" if piece.is_marked else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("query", "passage"),
    [
        ("heron", "First · One [heron] and two [Herons]. Café. last"),
        ("cafe her", "First · One [heron] and two [Herons]. [Café]. last"),
        ("title", "Its summary, and a [title]."),
    ],
)
def test_a_hit_shows_the_passage_with_the_words_marked(query, passage):
    text = "## First\n\nOne *heron*\nand two Herons. Café.\n\n- last"
    index = search_index([post(title="A title", summary="Its summary, and a title.", body_markdown=text)])
    assert marks(search(index, query).hits[0].passage) == passage


def test_the_passage_is_the_one_with_most_words_and_is_cut_between_words():
    text = "The heron alone. " + "water " * 200 + "Here a heron stood at the lock. " + "water " * 200
    hit = search(search_index([post(title="x", body_markdown=text)]), "lock heron").hits[0]
    assert marks(hit.passage).startswith("…water water")
    assert "Here a [heron] stood at the [lock]. water" in marks(hit.passage)
    assert marks(hit.passage).endswith("water…")
    assert len(hit.excerpt) < 230


def test_words_of_the_title_are_marked_and_stay_text():
    hit = search(search_index([post(title="<b>Heron</b> & lock")]), "heron").hits[0]
    assert marks(hit.title) == "<b>[Heron]</b> & lock"


def test_an_index_of_an_earlier_version_is_read():
    results, shared, rests, postings, _texts = msgspec.msgpack.decode(zlib.decompress(TYPOS))
    earlier = zlib.compress(msgspec.msgpack.encode([[one[:5] for one in results], shared, rests, postings]))
    assert marks(search(earlier, "one").hits[0].passage) == "[One]."


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.text(max_size=20))
def test_a_passage_is_a_part_of_its_text(text, query):
    pieces = Marker(words(query)).passage(text)
    assert "".join(piece.text for piece in pieces).strip("…") in text + text.strip("…")
