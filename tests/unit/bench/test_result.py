"""Targets that are met or missed."""

import pytest

from bench.result import AtLeast, Limit, Ratio, Result, compared
from bench.sampling import Pair


def result(ours: float, reference: float | None, target: Ratio | Limit | AtLeast | None) -> Result:
    return Result("x", "ms", ours, reference, "something else", target)


@pytest.mark.parametrize(
    ("ours", "reference", "target", "met"),
    [
        (70.0, 100.0, Ratio(0.7), True),
        (70.1, 100.0, Ratio(0.7), False),
        (1.5, 0.3, Limit(1.5), True),
        (1.6, 99.0, Limit(1.5), False),
        (7.9, None, Limit(8), True),
        (5000, None, AtLeast(5000), True),
        (4999, None, AtLeast(5000), False),
        (7.9, 1.0, None, None),
    ],
)
def test_a_target_is_met_up_to_and_including_its_limit(
    ours: float, reference: float | None, target: Ratio | Limit | AtLeast | None, met: bool | None
):
    assert result(ours, reference, target).met is met


def test_the_ratio_is_our_figure_divided_by_the_references():
    assert result(3.0, 12.0, None).ratio == 0.25
    assert result(3.0, None, None).ratio is None


def test_a_ratio_target_without_a_reference_is_an_error():
    with pytest.raises(ValueError, match="x: a ratio needs a reference"):
        _ = result(1.0, None, Ratio(0.5)).met


def test_medians_of_the_samples_are_compared():
    found = compared("x", "ms", Pair((1.0, 2.0, 9.0), (10.0, 8.0, 8.0)), "something else", Ratio(0.25))
    assert (found.ours, found.reference, found.ratio, found.met) == (2.0, 8.0, 0.25, True)
