"""UNLOAD: writes the result of a query as objects.

https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from local_aws.sql.redshift.errors import SqlError, not_supported
from local_aws.sql.redshift.objects import Objects, S3Location, parse_url
from local_aws.sql.redshift.words import Words
from local_aws.sql.sandbox import literal


@dataclass
class Unload:
    """One UNLOAD command; `query` is Redshift SQL."""

    query: str
    target: S3Location
    role: str = ""
    format: str = ""
    has_header: bool = False
    may_overwrite: bool = False
    is_parallel: bool = True


def parse(sql: str) -> Unload:
    """Parse an UNLOAD command; raises SqlError for options that are not supported."""
    words = Words(sql)
    words.expect("UNLOAD", "(")
    query = words.string()
    words.expect(")", "TO")
    command = Unload(query, parse_url(words.string()))
    while not words.at_end:
        _read_option(words, command)
    if not command.role:
        raise SqlError("UNLOAD needs the parameter IAM_ROLE")
    if not command.format:
        raise not_supported("UNLOAD without FORMAT PARQUET or CSV")
    return command


def _read_option(words: Words, command: Unload) -> None:
    if words.accept("IAM_ROLE"):
        command.role = "default" if words.accept("DEFAULT") else words.string()
    elif words.accept("PARQUET") or words.accept("FORMAT", "PARQUET") or words.accept("FORMAT", "AS", "PARQUET"):
        command.format = "PARQUET"
    elif words.accept("CSV") or words.accept("FORMAT", "CSV") or words.accept("FORMAT", "AS", "CSV"):
        command.format = "CSV"
    elif words.accept("HEADER"):
        command.has_header = True
    elif words.accept("ALLOWOVERWRITE"):
        command.may_overwrite = True
    elif words.accept("PARALLEL", "OFF") or words.accept("PARALLEL", "FALSE"):
        command.is_parallel = False
    elif not (words.accept("PARALLEL", "ON") or words.accept("PARALLEL", "TRUE")):
        words.refuse_rest("UNLOAD")


def run(command: Unload, query: str, connection: duckdb.DuckDBPyConnection, objects: Objects, folder: Path) -> int:
    """Write one object with the result of `query`, DuckDB's SQL; returns the number of rows."""
    bucket, prefix = command.target.bucket, command.target.key
    if not command.may_overwrite and objects.keys(bucket, prefix):
        raise SqlError(
            f"Specified unload destination on S3 is not empty: s3://{bucket}/{prefix}. Consider using a different "
            "bucket / prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option."
        )
    part = "0000_part_00" if command.is_parallel else "000"
    extension = ".parquet" if command.format == "PARQUET" else ".csv" if not command.is_parallel else ""
    path = folder / "unloaded"
    options = "FORMAT parquet" if command.format == "PARQUET" else f"FORMAT csv, HEADER {command.has_header}"
    result = connection.execute(f"COPY ({query}) TO {literal(str(path))} ({options})").fetchone()
    objects.write(bucket, f"{prefix}{part}{extension}", path)
    return int(result[0]) if result else 0
