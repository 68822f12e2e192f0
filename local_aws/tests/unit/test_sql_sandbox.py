"""SQL reads and writes the files of its own folder, and nothing else of the machine."""

import duckdb
import pytest

from local_aws.sql import sandbox


@pytest.fixture
def connection(tmp_path):
    folder = tmp_path / "query"
    folder.mkdir()
    with sandbox.connect(folder) as connection:
        yield connection


def test_a_file_of_the_folder_is_written_and_read(connection, tmp_path):
    path = tmp_path / "query" / "a.parquet"
    connection.execute(f"COPY (SELECT 7 AS a) TO '{path}' (FORMAT parquet)")
    assert connection.execute(f"SELECT a FROM read_parquet('{path}')").fetchall() == [(7,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('{folder}/../outside.parquet')",
        "COPY (SELECT 1) TO '{folder}/../outside.csv'",
        "ATTACH '{folder}/../outside.db'",
        "EXPORT DATABASE '{folder}/../outside'",
        "INSTALL httpfs",
        "LOAD '{folder}/../outside.duckdb_extension'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '64GB'",
    ],
)
def test_the_machine_is_out_of_reach(connection, tmp_path, sql):
    (tmp_path / "outside.parquet").write_bytes(b"")
    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
        connection.execute(sql.format(folder=tmp_path / "query"))
    assert {path.name for path in tmp_path.iterdir()} == {"query", "outside.parquet"}


def test_memory_is_limited(connection):
    with pytest.raises(duckdb.OutOfMemoryException):
        connection.execute("SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(400)").fetchall()


def test_the_environment_is_out_of_reach(connection):
    with pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT getenv('PATH')")
