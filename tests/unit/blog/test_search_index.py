"""Search finds words in titles and texts, whatever their case and diacritics, the best first."""

import pytest
from chalicelib.blog.pages.text_normalization import words
from chalicelib.blog.search.search_index import search, search_index
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
    return [found.slug for found in search(INDEX, query)]


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
    assert [found.slug for found in search(search_index(posts), "otter")] == ["new", "old", "text"]


def test_an_equal_word_counts_more_than_one_that_begins_with_it():
    posts = [
        post(slug="longer", title="Heroic", body_markdown="", summary="", published_at="2026-01-01T00:00:00Z"),
        post(slug="itself", title="Hero", body_markdown="", summary="", published_at="2025-01-01T00:00:00Z"),
    ]
    assert [found.slug for found in search(search_index(posts), "hero")] == ["itself", "longer"]


def test_a_rare_word_counts_more_than_a_common_one():
    posts = [
        post(slug="common", title="x", body_markdown="water " * 9 + "otter", published_at="2026-01-01T00:00:00Z"),
        post(slug="rare", title="x", body_markdown="otter " * 9 + "water", published_at="2025-01-01T00:00:00Z"),
        *(post(slug=f"other{n}", title="x", body_markdown="water") for n in range(9)),
    ]
    assert [found.slug for found in search(search_index(posts), "water otter")] == ["rare", "common"]


def test_a_result_shows_what_the_list_needs():
    found = search(INDEX, "heron")[0]
    assert (found.title, found.tags, found.published_at) == ("The heron", ["birds"], "2026-11-23T06:30:00.000Z")


def test_an_index_can_be_made_of_no_posts():
    assert search(search_index([]), "a") == []


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
            assert chosen.slug in {found.slug for found in search(index, asked)}
