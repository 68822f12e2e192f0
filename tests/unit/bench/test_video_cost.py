"""The tables of video_app's cost: they are those of the documentation, and follow the price lists."""

from pathlib import Path

import pytest

from bench.costs import Line, cloudfront_traffic, lambda_
from bench.video_cost import PLAYS, Units, lines, presigned_lines, tables

PAGE = Path(__file__).parents[3] / "docs" / "video.md"


def dollars(costs: list[Line], name: str) -> float:
    (line,) = [line for line in costs if line.name == name]
    return line.dollars


def test_the_page_has_the_current_tables():
    text = PAGE.read_text()
    assert all(table in text for table in tables())


@pytest.mark.parametrize(
    ("terabytes", "price"), [(1, 0), (11, 850), (151, 10_050), (501, 24_050), (5025, 139_770), (6025, 159_770)]
)
def test_traffic_is_paid_by_tiers_above_the_first_terabyte(terabytes: float, price: float):
    assert cloudfront_traffic(terabytes * 1e12) == pytest.approx(price)


def test_lambdas_free_tier_is_taken_off():
    assert lambda_(1_000_000, 400_000) == 0
    assert lambda_(3_000_000, 1_500_000) == pytest.approx(0.40 + 18.33, abs=0.01)


def test_a_link_is_three_read_units_and_two_write_units():
    units = Units(links=1)
    assert dollars(lines(1_000_000, units), "DynamoDB: requests") == pytest.approx(3 * 0.125 + 2 * 0.625)


def test_calls_are_paid_by_tiers():
    units = Units(links=8, other_calls=2)
    assert dollars(lines(33_300_000, units), "API Gateway") == pytest.approx(333 * 3.5)
    assert dollars(lines(100_000_000, units), "API Gateway") == pytest.approx(333 * 3.5 + 667 * 2.8)


def test_more_plays_never_cost_less_and_presigned_urls_cost_more():
    ours = [sum(line.dollars for line in lines(plays)) for plays in PLAYS]
    theirs = [sum(line.dollars for line in presigned_lines(plays)) for plays in PLAYS]
    assert ours == sorted(ours)
    assert all(our <= their for our, their in zip(ours, theirs, strict=True))
