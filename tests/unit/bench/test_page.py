"""A run of the benchmarks replaces the figures of the documentation and nothing else."""

from pathlib import Path

import pytest

from bench.page import NoPlaceForFigures, write_figures
from bench.result import Ratio, Result

RESULT = Result("fast thing", "ms", 2.0, 8.0, "slow thing", Ratio(0.5))
PAGE = Path(__file__).parents[3] / "docs" / "bench.md"


def test_figures_are_replaced_and_the_text_around_them_is_kept(tmp_path: Path):
    page = tmp_path / "bench.md"
    page.write_text(PAGE.read_text())
    write_figures([RESULT], page, short=True)
    once = page.read_text()
    assert "| fast thing | ms | 2.00 | 8.00 | 0.25x | <= 0.5x | yes | slow thing |" in once
    assert "short run" in once
    assert once.partition("<!-- figures")[0] == PAGE.read_text().partition("<!-- figures")[0]
    assert once.partition("<!-- end")[2] == PAGE.read_text().partition("<!-- end")[2]
    write_figures([RESULT], page, short=True)
    assert page.read_text().count("fast thing") == 1


def test_a_page_without_a_place_for_figures_is_unchanged(tmp_path: Path):
    page = tmp_path / "other.md"
    page.write_text("nothing here")
    with pytest.raises(NoPlaceForFigures):
        write_figures([RESULT], page, short=False)
    assert page.read_text() == "nothing here"
