"""How a post's title becomes its slug."""

import re

import pytest
from chalicelib.blog.posts.slugs import LONGEST, SLUG, slug_of
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Straße nach Ærø", "strasse-nach-aero"),
        ("Œuvres d'Ólafur", "oeuvres-dolafur"),
        ("Łódź", "lodz"),
        ("Þingvellir", "thingvellir"),
        ("Don’t walk, don't run", "dont-walk-dont-run"),
        ("Spring – summer", "spring-summer"),
        ("散歩", ""),
        ("Прогулка", ""),
    ],
)
def test_a_slug_spells_letters_as_search_does(title: str, slug: str):
    assert slug_of(title) == slug


@given(st.text(max_size=200))
def test_a_slug_is_empty_or_valid(title: str):
    slug = slug_of(title)
    assert slug == "" or (re.search(SLUG, slug) and len(slug) <= LONGEST)


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
def test_a_title_in_ascii_has_the_slug_of_its_words(title: str):
    words = re.findall("[a-z0-9]+", title.replace("'", "").lower())
    assert slug_of(title) == "-".join(words)[:LONGEST].strip("-")
