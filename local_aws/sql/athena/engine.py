"""Runs one statement to its end: reads the tables' objects, runs DuckDB, writes the result's objects."""

import io
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from local_aws.sql import sandbox
from local_aws.sql.athena.tables import Catalog, create_view, partition_folder
from local_aws.sql.athena.values import text_of
from local_aws.sql.objects import AccessDenied, NoSuchBucket, NoSuchKey, Objects, split_uri
from local_aws.sql.rights import Rights
from local_aws.sql.trino import corrections, syntax, translation
from local_aws.sql.trino.errors import QueryError, not_supported
from local_aws.sql.trino.types import athena_type, precision_and_scale

_COMPRESSIONS = ("gzip", "snappy", "zstd")
# Enough for an hour of 1,000 devices with a message a second.
_MEMORY_MB = 512
_ROWS_A_FETCH = 10_000


class BytesScannedLimit(Exception):
    """The query would read more than the workgroup allows."""


@dataclass(frozen=True)
class Column:
    """A column of a result; the type is Athena's."""

    name: str
    type: str
    precision: int
    scale: int


@dataclass
class Outcome:
    """What a query has read and written."""

    columns: tuple[Column, ...] = ()
    bytes_scanned: int = 0
    rows: int = 0
    # The objects that UNLOAD has written.
    written: tuple[str, ...] = ()


@dataclass
class Run:
    """One run of a statement with the permissions of one principal."""

    sql: str
    database: str
    # Where the result goes, `s3://bucket/prefix/query-id`, without an extension.
    output: str
    rights: Rights
    bytes_limit: int | None = None
    # Called with a function that interrupts the query.
    on_start: Callable[[Callable[[], None]], None] = lambda interrupt: None
    # Whether the query was cancelled before there was anything to interrupt.
    is_cancelled: Callable[[], bool] = lambda: False

    def __call__(self) -> Outcome:
        """Run it.

        Raises
        ------
        QueryError
            The query fails.
        BytesScannedLimit
            It would read too much.
        """
        folder = Path(tempfile.mkdtemp(prefix="athena-"))
        try:
            with sandbox.connect(folder, memory_mb=_MEMORY_MB) as connection:
                self.on_start(connection.interrupt)
                return self._in(folder, connection)
        except (AccessDenied, NoSuchKey) as error:
            text = f"Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; {error})"
            raise QueryError("PERMISSION_DENIED", text) from error
        except NoSuchBucket as error:
            raise QueryError("HIVE_METASTORE_ERROR", f"The specified bucket does not exist: {error}") from error
        except duckdb.Error as error:
            raise _query_error(error) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _in(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> Outcome:
        statement = syntax.parse(self.sql)
        syntax.check_served(statement, self.sql)
        objects = Objects(self.rights)
        catalog = Catalog(self.rights, objects)
        translated = translation.translate(statement.select, self.database, catalog.columns, catalog.partition_keys)
        outcome = Outcome()
        for macro in corrections.MACROS:
            connection.execute(macro)
        for scan in translated.scans:
            self._open(scan, catalog, objects, connection, folder, outcome)
        if self.is_cancelled():
            raise QueryError("USER_CANCELED", "Query was canceled")
        if statement.is_unload:
            self._unload(statement, translated.sql, objects, connection, folder, outcome)
        else:
            self._select(translated.sql, objects, connection, outcome)
        return outcome

    def _open(
        self,
        scan: translation.Scan,
        catalog: Catalog,
        objects: Objects,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        outcome: Outcome,
    ) -> None:
        chosen = catalog.objects_of(scan, connection)
        outcome.bytes_scanned += sum(stored.size for stored, _ in chosen)
        if self.bytes_limit is not None and outcome.bytes_scanned > self.bytes_limit:
            raise BytesScannedLimit("Bytes scanned limit was exceeded")
        files = {}
        for number, (stored, values) in enumerate(chosen):
            path = folder / scan.view / partition_folder(values) / f"{number}.parquet"
            objects.link(stored.bucket, stored.key, path)
            files[path] = stored.uri
        create_view(connection, scan.view, catalog.table(scan.database, scan.table), files)

    def _select(self, sql: str, objects: Objects, connection: duckdb.DuckDBPyConnection, outcome: Outcome) -> None:
        cursor = connection.execute(sql)
        outcome.columns = _columns(cursor)
        output = io.StringIO()
        output.write(_csv_line([column.name for column in outcome.columns]))
        while rows := cursor.fetchmany(_ROWS_A_FETCH):
            outcome.rows += len(rows)
            output.writelines(_csv_line([text_of(value) for value in row]) for row in rows)
        bucket, key = split_uri(self.output)
        objects.put(bucket, f"{key}.csv", output.getvalue().encode(), "text/csv")

    def _unload(
        self,
        statement: syntax.Statement,
        sql: str,
        objects: Objects,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        outcome: Outcome,
    ) -> None:
        target, compression = statement.target or "", _compression(statement.properties or {})
        try:
            bucket, prefix = split_uri(target if target.endswith("/") else target + "/")
        except ValueError as error:
            raise QueryError("INVALID_TABLE_PROPERTY", str(error)) from error
        if objects.listing(bucket, prefix):
            text = f"Target directory for table '{target}' already exists"
            raise QueryError("HIVE_PATH_ALREADY_EXISTS", text)
        described = connection.execute(f"DESCRIBE {sql}").fetchall()
        for name, kind, *_ in described:
            if athena_type(kind) == "timestamp with time zone":
                raise QueryError("NOT_SUPPORTED", f"Unsupported Hive type: {kind.lower()} (column {name})")
        path = folder / "unloaded.parquet"
        options = f"FORMAT parquet, COMPRESSION {compression}"
        row = connection.execute(f"COPY ({sql}) TO {sandbox.literal(str(path))} ({options})").fetchone()
        outcome.rows = int(row[0]) if row else 0
        if outcome.rows:
            key = f"{prefix}{datetime.now(UTC):%Y%m%d_%H%M%S}_00001_{uuid.uuid4()}"
            objects.put(bucket, key, path.read_bytes())
            outcome.written = (f"s3://{bucket}/{key}",)
        manifest = "".join(f"{uri}\n" for uri in outcome.written)
        bucket, key = split_uri(self.output)
        objects.put(bucket, f"{key}-manifest.csv", manifest.encode(), "text/csv")


def _compression(properties: dict[str, str]) -> str:
    if properties.get("format", "").upper() != "PARQUET":
        raise not_supported(f"UNLOAD with format {properties.get('format') or 'none'}")
    compression = properties.get("compression", "gzip").lower()
    unknown = set(properties) - {"format", "compression"}
    if unknown or compression not in _COMPRESSIONS:
        raise not_supported(f"UNLOAD with {', '.join(sorted(unknown)) or compression}")
    return compression


def _columns(cursor: duckdb.DuckDBPyConnection) -> tuple[Column, ...]:
    columns = []
    for name, kind, *_ in cursor.description or ():
        athena = athena_type(str(kind))
        columns.append(Column(name, athena, *precision_and_scale(athena, str(kind))))
    return tuple(columns)


def _csv_line(values: list[str | None]) -> str:
    """All values in quotes; NULL is empty, without quotes."""
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values) + "\n"


def _query_error(error: duckdb.Error) -> QueryError:
    text = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("EXCEEDED_LOCAL_MEMORY_LIMIT", "Query exceeded per-node memory limit")
    if "Division by zero" in text or "division by zero" in text:
        return QueryError("DIVISION_BY_ZERO", "Division by zero")
    if isinstance(error, duckdb.OutOfRangeException):
        return QueryError("NUMERIC_VALUE_OUT_OF_RANGE", text)
    if isinstance(error, duckdb.ConversionException):
        return QueryError("INVALID_CAST_ARGUMENT", text)
    if "GROUP BY" in text:
        return QueryError("EXPRESSION_NOT_AGGREGATE", text)
    return QueryError("SYNTAX_ERROR", f"line 1:1: {text}")
