"""JSON records to one Parquet file with the columns of a Glue table.

Firehose's OpenX JSON SerDe reads a column from the key of the same name; a key that is missing is null, other keys are
ignored, and a record whose values do not have the columns' types fails
(https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html).
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from local_aws.sql import sandbox

# https://docs.aws.amazon.com/athena/latest/ug/data-types.html
_TYPES = {
    **{"string": "VARCHAR", "varchar": "VARCHAR", "char": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE"},
    **{"tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "integer": "INTEGER", "bigint": "BIGINT"},
    **{"float": "FLOAT", "double": "DOUBLE", "timestamp": "TIMESTAMP", "decimal": "DECIMAL"},
}
# https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html: `2017-02-07 15:13:01.14` and
# `2017-02-07T15:13:01.39256Z`. DuckDB accepts more.
_TIMESTAMP = r"\d{4}-\d{1,2}-\d{1,2} \d{2}:\d{2}:\d{2}(\.\d{1,9})?|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z"


class UnsupportedType(Exception):
    """The table has a column of a type that is not served."""


class Converter:
    """Converts records by one schema: `columns` are names with Glue's types."""

    def __init__(self, columns: Sequence[tuple[str, str]], compression: str) -> None:
        self._types = [(name, _duckdb_type(kind)) for name, kind in columns]
        self._compression = compression

    def convert(self, records: Sequence[bytes]) -> tuple[bytes, list[int]]:
        """Convert JSON records to one file; returns it and the indexes of records that do not fit the schema.

        The file is empty if no record fits.
        """
        # A line that is not an object fails to parse; `null` would be a row.
        lines = [record.replace(b"\n", b" ") if record.lstrip()[:1] == b"{" else b"!" for record in records]
        with tempfile.TemporaryDirectory(prefix="firehose-") as name:
            folder = Path(name)
            with sandbox.connect(folder) as connection:
                wrong = self._wrong(connection, folder, lines, 0)
                excluded = set(wrong)
                fitting = [line for number, line in enumerate(lines) if number not in excluded]
                if not fitting:
                    return b"", wrong
                if wrong:
                    self._write(connection, folder, fitting)
                return (folder / "out.parquet").read_bytes(), wrong

    def _wrong(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, lines: Sequence[bytes], first: int
    ) -> list[int]:
        """The indexes of the records that do not fit, found by halving. Without any, the file is written."""
        try:
            self._write(connection, folder, lines)
        except duckdb.Error:
            if len(lines) == 1:
                return [first]
            middle = len(lines) // 2
            return [
                *self._wrong(connection, folder, lines[:middle], first),
                *self._wrong(connection, folder, lines[middle:], first + middle),
            ]
        return []

    def _write(self, connection: duckdb.DuckDBPyConnection, folder: Path, lines: Sequence[bytes]) -> None:
        source, target = folder / "in.json", folder / "out.parquet"
        source.write_bytes(b"\n".join(lines) + b"\n")
        read_types = ", ".join(
            f"{sandbox.literal(name)}: {sandbox.literal('VARCHAR' if kind == 'TIMESTAMP' else kind)}"
            for name, kind in self._types
        )
        selected = ", ".join(map(_selected, self._types))
        options = f"format = 'newline_delimited', maximum_object_size = 2097152, columns = {{{read_types}}}"
        # All names and texts are quoted.
        query = f"SELECT {selected} FROM read_json({sandbox.literal(str(source))}, {options})"  # noqa: S608
        target_options = f"FORMAT parquet, COMPRESSION {self._compression}"
        rows = connection.execute(f"COPY ({query}) TO {sandbox.literal(str(target))} ({target_options})").fetchone()
        if rows is None or rows[0] != len(lines):
            raise duckdb.InvalidInputException("a record is not one JSON object")


def _selected(column: tuple[str, str]) -> str:
    name, kind = sandbox.identifier(column[0]), column[1]
    if kind == "TIMESTAMP":
        is_valid = f"regexp_full_match({name}, {sandbox.literal(_TIMESTAMP)})"
    elif kind in ("FLOAT", "DOUBLE"):
        # DuckDB reads NaN and Infinity, which JSON does not have.
        is_valid = f"isfinite({name})"
    else:
        return name
    checked = f"CASE WHEN {name} IS NULL OR {is_valid} THEN {name} ELSE error({name} || ' is not valid') END"
    return f"CAST({checked} AS {kind}) AS {name}"


def _duckdb_type(kind: str) -> str:
    base, parenthesis, arguments = kind.strip().lower().partition("(")
    duckdb_type = _TYPES.get(base.strip())
    if duckdb_type is None:
        raise UnsupportedType(kind)
    return f"{duckdb_type}{parenthesis}{arguments}" if base == "decimal" else duckdb_type
