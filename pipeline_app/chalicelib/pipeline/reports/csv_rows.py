"""Rows of Athena's CSV files: all values in quotes, NULL empty and without quotes."""

import re
from typing import NamedTuple

_VALUE = re.compile(rb'(?:"((?:[^"]|"")*)")?(,|\n)')
# What a spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = list[str | None]


class Parsed(NamedTuple):
    """Complete rows, and how many bytes they have."""

    rows: list[Row]
    length: int


class Rows(NamedTuple):
    """A page of rows with the columns' names; `next_position` in bytes, None at the end."""

    columns: Row
    rows: list[Row]
    next_position: int | None


def parse(content: bytes, limit: int) -> Parsed:
    """Read at most `limit` complete rows."""
    rows: list[Row] = []
    row: Row = []
    position = end = 0
    while len(rows) < limit and (match := _VALUE.match(content, position)):
        quoted, position = match[1], match.end()
        row.append(None if quoted is None else quoted.replace(b'""', b'"').decode())
        if match[2] == b"\n":
            rows.append(row)
            row, end = [], position
    return Parsed(rows, end)


def spreadsheet(columns: Row, rows: list[Row]) -> str:
    """A CSV document that a spreadsheet opens without running anything: text that looks like a formula is quoted."""
    return "".join(",".join(_cell(value) for value in row) + "\r\n" for row in (columns, *rows))


def _cell(value: str | None) -> str:
    if value is None:
        return ""
    safe = "'" + value if value.startswith(_FORMULA) and not _is_number(value) else value
    return '"' + safe.replace('"', '""') + '"'


def _is_number(value: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(E-?\d+)?", value) is not None
