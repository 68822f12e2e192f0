"""Rows of Athena's CSV files, and CSV for spreadsheets."""

import csv
import io

import pytest
from chalicelib.pipeline.reports.csv_rows import parse, spreadsheet
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.none() | st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]))
ROWS = st.lists(st.lists(VALUES, min_size=1, max_size=4), max_size=5)


def written(rows):
    """Rows as Athena writes them."""
    return "".join(
        ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in row) + "\n" for row in rows
    ).encode()


@given(ROWS)
def test_rows_are_read_as_they_were_written(rows):
    assert parse(written(rows), 100) == (rows, len(written(rows)))


@given(ROWS, st.integers(0, 60))
def test_a_row_that_is_cut_off_is_left_for_the_next_page(rows, length):
    first = parse(written(rows)[:length], 100)
    second = parse(written(rows)[first.length :], 100)
    assert first.rows + second.rows == rows


def test_a_page_ends_after_so_many_rows():
    assert parse(b'"a"\n"b"\n"c"\n', 2) == ([["a"], ["b"]], 8)


@given(ROWS)
def test_no_cell_of_a_spreadsheet_is_a_formula(rows):
    cells = [cell for row in csv.reader(io.StringIO(spreadsheet(["c"], rows), newline="")) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+@\t\r" and cell]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-5.25", "-5.25"),
        ("-1.5E-4", "-1.5E-4"),
        ("freezer-07", "freezer-07"),
        ('a"b', 'a"b'),
    ],
)
def test_a_cell_of_a_spreadsheet(value, cell):
    assert next(csv.reader(io.StringIO(spreadsheet([value], [])))) == [cell]
