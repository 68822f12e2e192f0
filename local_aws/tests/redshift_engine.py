"""Runs the warehouse's engine without a server: a database in a folder, and S3 in memory."""

import shutil
from pathlib import Path

import duckdb

from local_aws.sql.redshift.database import Transaction, TransactionFailed, run
from local_aws.sql.redshift.errors import SqlError
from local_aws.sql.redshift.privileges import Identity

ROLE = "arn:aws:iam::000000000000:role/copy"
ADMIN = Identity("admin", is_superuser=True)


class MemoryS3:
    """S3 as one role sees it; objects in memory."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def assume(self, role_arn: str) -> "MemoryS3":
        if role_arn not in (ROLE, "default"):
            raise SqlError(f"User is not authorized to assume IAM Role {role_arn}")
        return self

    def keys(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for name, key in self.objects if name == bucket and key.startswith(prefix))

    def fetch(self, bucket: str, key: str, path: Path) -> None:
        path.write_bytes(self.objects[bucket, key])

    def write(self, bucket: str, key: str, path: Path) -> None:
        self.objects[bucket, key] = path.read_bytes()

    def put_parquet(self, bucket: str, key: str, query: str, folder: Path) -> None:
        """Write the result of a DuckDB query as a Parquet object."""
        path = folder / "object.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        self.objects[bucket, key] = path.read_bytes()


class Warehouse:
    """One database; `execute` runs one transaction."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.s3, self._current, self._number = folder, MemoryS3(), None, 0

    def execute(self, *sqls: str, user: Identity = ADMIN, **parameters: str):
        """Run statements in one transaction; returns the outcomes."""
        self._number += 1
        following = self.folder / f"{self._number}.duckdb"
        outcomes = run(Transaction(sqls, parameters, user, self.s3), self._current, following)
        if following.exists():
            self._current = following
        return outcomes

    def rows(self, sql: str, **parameters: str):
        """The rows of a query."""
        return list(self.execute(sql, **parameters)[0].rows)

    def value(self, sql: str, **parameters: str):
        return self.rows(sql, **parameters)[0][0]

    def error(self, *sqls: str, **more) -> str:
        """The error of a transaction that fails."""
        try:
            self.execute(*sqls, **more)
        except TransactionFailed as failure:
            return str(failure)
        raise AssertionError(f"no error from {sqls}")

    def copy_of(self, folder: Path) -> "Warehouse":
        """Another database with the same content, and an S3 with the same objects."""
        other = Warehouse(folder)
        if self._current is not None:
            other._current = folder / "0.duckdb"
            shutil.copyfile(self._current, other._current)
        other.s3.objects.update(self.s3.objects)
        return other
