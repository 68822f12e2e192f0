"""Glue's tables as views of DuckDB: only the objects of the partitions that the query asks for are read.

Athena uses the caller's permissions for the catalog and for the data
(https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
from ministack.core.responses import get_account_id, get_region
from ministack.services import glue

from local_aws.sql.athena.projection import Projection, Values, projection
from local_aws.sql.objects import Objects, StoredObject
from local_aws.sql.rights import Rights
from local_aws.sql.sandbox import identifier, literal
from local_aws.sql.trino.errors import QueryError, not_supported
from local_aws.sql.trino.translation import Scan
from local_aws.sql.trino.types import duckdb_type

_EQUAL = re.compile(r"\"(\w+)\" = '([^']*)'(?!')")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP_S", "TIMESTAMP WITH TIME ZONE")


@dataclass(frozen=True)
class Table:
    """One table of the catalog; the types are DuckDB's."""

    columns: Mapping[str, str]
    keys: Mapping[str, str]
    projection: Projection


class Catalog:
    """The tables of Glue's catalog that one principal may use."""

    def __init__(self, rights: Rights, objects: Objects) -> None:
        self._rights = rights
        self._objects = objects
        self._tables: dict[tuple[str, str], Table] = {}

    def columns(self, database: str, name: str) -> Mapping[str, str]:
        """The types of all columns, those of the partition keys last."""
        table = self.table(database, name)
        return {**table.columns, **table.keys}

    def partition_keys(self, database: str, name: str) -> tuple[str, ...]:
        """The names of a table's partition keys."""
        return tuple(self.table(database, name).keys)

    def table(self, database: str, name: str) -> Table:
        """Find a table; raises QueryError if it does not exist or the principal may not read it."""
        if (database, name) not in self._tables:
            self._tables[database, name] = self._read(database, name)
        return self._tables[database, name]

    def _read(self, database: str, name: str) -> Table:
        prefix = f"arn:aws:glue:{get_region()}:{get_account_id()}:"
        for resource in ("catalog", f"database/{database}", f"table/{database}/{name}"):
            if not self._rights.allow("glue:GetTable", prefix + resource):
                text = f"not authorized to perform: glue:GetTable on resource: {prefix}{resource}"
                raise QueryError("PERMISSION_DENIED", text)
        record = glue._tables.get(f"{database}/{name}")
        if record is None:
            raise QueryError("TABLE_NOT_FOUND", f"line 1:1: Table 'awsdatacatalog.{database}.{name}' does not exist")
        storage = record.get("StorageDescriptor") or {}
        serde = (storage.get("SerdeInfo") or {}).get("SerializationLibrary", "")
        if "parquet" not in serde.lower():
            raise not_supported(f"a table with the SerDe {serde or 'unknown'}")
        keys = _types(record.get("PartitionKeys") or [])
        properties = record.get("Parameters") or {}
        place = projection(storage.get("Location", ""), list(keys), properties, datetime.now(UTC))
        return Table(_types(storage.get("Columns") or []), keys, place)

    def objects_of(self, scan: Scan, connection: duckdb.DuckDBPyConnection) -> list[tuple[StoredObject, Values]]:
        """The objects that a scan reads, with their partitions."""
        table = self.table(scan.database, scan.table)
        place = table.projection
        equal = {} if " OR " in scan.condition else dict(_EQUAL.findall(scan.condition))
        for name in place.injected:
            if name not in equal:
                text = f"For the injected projected partition column {name}, the WHERE clause must contain only static "
                raise QueryError("CONSTRAINT_VIOLATION", text + "equality conditions, and at least one such condition")
        # A folder has one partition: history has many objects in few folders.
        partitions: dict[str, Values | None] = {}
        objects = []
        for stored in self._objects.listing(place.bucket, place.prefix_of(equal)):
            folder, _, name = stored.key.rpartition("/")
            if folder not in partitions:
                partitions[folder] = (
                    None if _is_hidden(folder[len(place.prefix) :]) else place.partition_of(folder + "/")
                )
            values = partitions[folder]
            if values is not None and stored.size and not name.startswith(("_", ".")):
                objects.append((stored, values))
        chosen = _chosen(connection, table.keys, {tuple(values.values()) for _, values in objects}, scan.condition)
        return [(stored, values) for stored, values in objects if tuple(values.values()) in chosen]


def _types(columns: list[dict[str, Any]]) -> dict[str, str]:
    return {str(column["Name"]).lower(): duckdb_type(column.get("Type") or "string") for column in columns}


def _is_hidden(folder: str) -> bool:
    return any(part.startswith(("_", ".")) for part in folder.split("/"))


def _chosen(
    connection: duckdb.DuckDBPyConnection, keys: Mapping[str, str], partitions: set[tuple[str, ...]], condition: str
) -> set[tuple[str, ...]]:
    """The partitions that fulfil a condition on their keys."""
    if not condition or not partitions:
        return partitions
    rows = sorted(partitions)
    casts = ", ".join(f"CAST(unnest(?) AS {kind}) AS {identifier(name)}" for name, kind in keys.items())
    sql = f"SELECT n FROM (SELECT unnest(?) AS n, {casts}) WHERE {condition}"  # noqa: S608 - checked SQL
    found = connection.execute(sql, [list(range(len(rows))), *[list(texts) for texts in zip(*rows, strict=True)]])
    return {rows[number] for (number,) in found.fetchall()}


def create_view(connection: duckdb.DuckDBPyConnection, view: str, table: Table, files: Mapping[Path, str]) -> None:
    """Create the view of a scan on its files, which are in a folder for each partition (`partition_folder`).

    `files` has the URI of each file's object.

    Raises
    ------
    QueryError
        HIVE_BAD_DATA: a file is not Parquet, or a column has another type in it.
    """
    everything = {**table.columns, **table.keys}
    if not files:
        empty = ", ".join(f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in everything.items())
        connection.execute(f"CREATE TEMP VIEW {identifier(view)} AS SELECT {empty} WHERE FALSE")
        return
    hive = "hive_partitioning = false"
    if table.keys:
        kinds = ", ".join(f"{literal(name)}: {kind}" for name, kind in table.keys.items())
        hive = f"hive_partitioning = true, hive_types = {{{kinds}}}"
    paths = ", ".join(literal(str(path)) for path in files)
    source = f"FROM read_parquet([{paths}], union_by_name = true, {hive})"
    try:
        described = connection.execute(f"DESCRIBE {source}").fetchall()
    except duckdb.Error as error:
        # DuckDB names the file.
        wrong = next((uri for path, uri in files.items() if str(path) in str(error)), "")
        raise QueryError("HIVE_BAD_DATA", f"Not valid Parquet file: {wrong}") from error
    kinds_in_files = {row[0].lower(): row[1] for row in described}
    chosen = [_column(name, kind, kinds_in_files.get(name)) for name, kind in table.columns.items()]
    chosen += [identifier(name) for name in table.keys]
    connection.execute(f"CREATE TEMP VIEW {identifier(view)} AS {source} SELECT {', '.join(chosen)}")


def _column(name: str, kind: str, in_files: str | None) -> str:
    if in_files is None:
        return f"CAST(NULL AS {kind}) AS {identifier(name)}"
    if in_files == kind:
        return identifier(name)
    is_wider = kind in _INTEGERS and in_files in _INTEGERS[: _INTEGERS.index(kind)]
    if is_wider or (kind == "TIMESTAMP" and in_files in _TIMESTAMPS):
        return f"CAST({identifier(name)} AS {kind}) AS {identifier(name)}"
    text = f"Field {name}'s type {in_files} in parquet file is incompatible with type {kind} defined in table schema"
    raise QueryError("HIVE_BAD_DATA", text)


def partition_folder(values: Values) -> Path:
    """The folder of a partition's files, in the form that DuckDB reads partition values from."""
    return Path(*[f"{name}={quote(value, safe='')}" for name, value in values.items()])
