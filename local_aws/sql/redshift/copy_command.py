"""COPY: loads the objects of a prefix into a table.

https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html
https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from local_aws.sql.redshift.errors import SqlError, not_supported
from local_aws.sql.redshift.objects import Objects, S3Location, parse_url
from local_aws.sql.redshift.words import Words
from local_aws.sql.sandbox import identifier, literal

# The types that a column of a Parquet file may have, by the type of the table's column.
_PARQUET_TYPES = {
    "BOOLEAN": ("BOOLEAN",),
    "SMALLINT": ("TINYINT", "SMALLINT", "INTEGER"),
    "INTEGER": ("INTEGER",),
    "BIGINT": ("BIGINT",),
    "FLOAT": ("FLOAT",),
    "DOUBLE": ("DOUBLE",),
    "VARCHAR": ("VARCHAR",),
    "DATE": ("DATE",),
    "TIMESTAMP": ("TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"),
}


@dataclass
class Copy:
    """One COPY command."""

    table: str
    source: S3Location
    role: str
    columns: list[str] = field(default_factory=list)
    format: str = ""
    ignored_header_lines: int = 0


def parse(sql: str) -> Copy:
    """Parse a COPY command; raises SqlError for options that are not supported."""
    words = Words(sql)
    words.expect("COPY")
    command = Copy(words.name(), S3Location("", ""), "")
    if words.accept("("):
        command.columns = words.names()
        words.expect(")")
    words.expect("FROM")
    command.source = parse_url(words.string())
    while not words.at_end:
        _read_option(words, command)
    if not command.role:
        raise SqlError("COPY needs the parameter IAM_ROLE")
    if command.format not in ("PARQUET", "CSV"):
        raise not_supported("COPY without FORMAT PARQUET or CSV")
    return command


def _read_option(words: Words, command: Copy) -> None:
    if words.accept("IAM_ROLE"):
        command.role = "default" if words.accept("DEFAULT") else words.string()
    elif words.accept("PARQUET") or words.accept("FORMAT", "PARQUET") or words.accept("FORMAT", "AS", "PARQUET"):
        command.format = "PARQUET"
    elif words.accept("CSV") or words.accept("FORMAT", "CSV") or words.accept("FORMAT", "AS", "CSV"):
        command.format = "CSV"
    elif words.accept("IGNOREHEADER"):
        words.accept("AS")
        command.ignored_header_lines = words.number()
    else:
        words.refuse_rest("COPY")


def run(command: Copy, connection: duckdb.DuckDBPyConnection, objects: Objects, folder: Path) -> int:
    """Load the rows; returns their number. `folder` is empty and is used for the objects' files."""
    types = {row[0]: str(row[1]) for row in connection.execute(f"DESCRIBE {identifier(command.table)}").fetchall()}
    columns = command.columns or list(types)
    for column in columns:
        if column not in types:
            raise SqlError(f'column "{column}" of relation "{command.table}" does not exist')
    rows = 0
    for number, source in enumerate(_sources(command, objects)):
        path = folder / f"{number}{'.gz' if source.key.endswith('.gz') else ''}"
        objects.fetch(source.bucket, source.key, path)
        query = _query_of(command, path, [types[column] for column in columns], connection)
        names = ", ".join(map(identifier, columns))
        result = connection.execute(f"INSERT INTO {identifier(command.table)} ({names}) {query}").fetchone()
        rows += int(result[0]) if result else 0
    return rows


def _sources(command: Copy, objects: Objects) -> Iterator[S3Location]:
    bucket, key = command.source.bucket, command.source.key
    keys = [each for each in objects.keys(bucket, key) if not each.endswith("/")]
    if not keys:
        raise SqlError(f"The specified S3 prefix '{key}' does not exist")
    yield from (S3Location(bucket, each) for each in keys)


def _query_of(command: Copy, path: Path, types: list[str], connection: duckdb.DuckDBPyConnection) -> str:
    file = literal(str(path))
    if command.format == "CSV":
        columns = ", ".join(f"{literal(f'c{i}')}: {literal(name)}" for i, name in enumerate(types))
        options = f"header = false, skip = {command.ignored_header_lines}, auto_detect = false, delim = ','"
        quotes = "quote = '\"', escape = '\"'"
        return f"SELECT * FROM read_csv({file}, {options}, {quotes}, columns = {{{columns}}})"  # noqa: S608 - our own file
    source = f"read_parquet({file}, hive_partitioning = false)"
    found = [(row[0], str(row[1])) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]  # noqa: S608
    if len(found) != len(types):
        raise SqlError(f"Spectrum Scan Error: the table has {len(types)} columns, but the file has {len(found)}")
    values = [_value(name, actual, expected) for (name, actual), expected in zip(found, types, strict=True)]
    return f"SELECT {', '.join(values)} FROM {source}"  # noqa: S608 - names are quoted


def _value(name: str, actual: str, expected: str) -> str:
    """A column of a Parquet file; values are assigned by position."""
    allowed = _PARQUET_TYPES.get(expected, (expected,))
    if actual not in allowed:
        raise SqlError(
            f"Spectrum Scan Error: the file has an incompatible Parquet schema for column '{name}'. "
            f"Column type: {expected}, Parquet schema: {actual}"
        )
    return f"CAST({identifier(name)} AS {expected})"
