"""DuckDB that reads and writes the files of one folder only.

SQL of a caller runs in the server's process. It must not read the machine's files, load extensions or change these
settings: https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview.
"""

from pathlib import Path

import duckdb

MEMORY_MB = 256


def connect(folder: Path, *, database: str = ":memory:", memory_mb: int = MEMORY_MB) -> duckdb.DuckDBPyConnection:
    """Open a database whose SQL can use the files below `folder`, and nothing else of the machine.

    It uses one thread and at most `memory_mb` megabytes; larger intermediate results are written below `folder`. The
    time zone is UTC, and `/` of two integers is an integer, as in Trino and Redshift. `interrupt()` of the connection
    ends a query from another thread.
    """
    connection = duckdb.connect(
        database,
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": 1,
            "temp_directory": str(folder / "spilled"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET integer_division = true")
    connection.execute(f"SET allowed_directories = [{literal(str(folder))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def literal(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
