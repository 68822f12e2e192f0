"""The table of the blog's cost: it is that of the documentation, and follows the price lists."""

from pathlib import Path

import pytest

from bench.blog_cost import READS, Month, Units, lines, table

PAGE = Path(__file__).parents[3] / "docs" / "blog.md"


def dollars(name: str, month: Month, **units: float) -> float:
    (found,) = [line.dollars for line in lines(month, Units(**units)) if line.name == name]
    return found


def test_the_page_has_the_current_table():
    assert table() in PAGE.read_text()


@pytest.mark.parametrize(("terabytes", "wanted"), [(0.5, 0), (1, 0), (11, 850), (51, 850 + 3200), (52, 4110)])
def test_traffic_is_paid_by_tiers_above_the_first_terabyte(terabytes: float, wanted: float):
    month = Month(1_000_000)
    assert dollars("CloudFront: traffic", month, bytes_a_read=terabytes * 1e6) == pytest.approx(wanted)


def test_the_first_thousand_paths_are_free():
    assert dollars("CloudFront: invalidations", Month(0, posts=30), paths_a_post=16) == 0
    assert dollars("CloudFront: invalidations", Month(0, posts=30), paths_a_post=20) == pytest.approx(200 * 0.005)


def test_more_reads_never_cost_less():
    totals = [sum(line.dollars for line in lines(Month(reads))) for reads in READS]
    assert totals == sorted(totals)
    assert all(line.dollars >= 0 for line in lines(Month(0)))
