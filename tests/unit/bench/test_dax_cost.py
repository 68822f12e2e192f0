"""The table of when DAX pays for itself is that of the documentation."""

from pathlib import Path

import pytest

from bench.dax_cost import dollars_a_month, reads_a_second, table

PAGE = Path(__file__).parents[3] / "docs" / "todo.md"


def test_the_page_has_the_current_table():
    assert table() in PAGE.read_text()


def test_three_small_nodes_cost_88_dollars_and_the_endpoints_44():
    assert dollars_a_month(3) == pytest.approx(87.6 + 43.8)


def test_fewer_hits_need_more_reads():
    assert reads_a_second(1, 0.5) == pytest.approx(2 * reads_a_second(1, 1))
