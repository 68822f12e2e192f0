"""The tables of what todo_app's reads cost: they are those of the documentation, and follow the price lists."""

from pathlib import Path

import pytest

from bench.todo_cost import LAYERS, READS_A_DAY, USERS, cache, parts, parts_table, table

PAGE = Path(__file__).parents[3] / "docs" / "todo.md"


def test_the_page_has_the_current_tables():
    assert table() in PAGE.read_text()
    assert parts_table() in PAGE.read_text()


def test_each_layer_costs_less_at_scale():
    for users in USERS[1:]:
        sums = [sum(parts(users, layer).values()) for layer in LAYERS]
        assert sums == sorted(sums, reverse=True)


def test_the_smallest_cache_is_enough_for_a_thousand_users():
    assert cache(1_000) == pytest.approx(0.02 * 730)
    # 5.6 GB.
    assert cache(100_000_000) == pytest.approx(0.20 * 730)


def test_a_whole_list_of_100_is_seven_read_units():
    whole = parts(1_000_000, LAYERS[0])
    assert whole["DynamoDB"] == pytest.approx(READS_A_DAY * 30 * 7 * 0.125)
