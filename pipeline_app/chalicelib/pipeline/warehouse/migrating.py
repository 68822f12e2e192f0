"""Applies the migrations that a warehouse does not have, in order, each once and in one transaction.

Two that run at once wait for each other by a lock; the second finds that the first was there and goes on.
"""

from hashlib import sha256

from chalicelib.pipeline.warehouse.ports import Migrated, Sql, StatementFailed
from chalicelib.pipeline.warehouse.statements import Migration, migrations

_CREATE = (
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "version INTEGER NOT NULL, name VARCHAR(64) NOT NULL, digest VARCHAR(64) NOT NULL, applied_at TIMESTAMP NOT NULL)"
)
_LOCK = "LOCK schema_migrations"
_REFUSE_SECOND = (
    "SELECT CASE WHEN COUNT(*) = 0 THEN 0 ELSE ('migration ' || :version || ' is applied')::INTEGER END AS checked "
    "FROM schema_migrations WHERE version = :version::INTEGER"
)
_NOTE = "INSERT INTO schema_migrations VALUES (:version::INTEGER, :name, :digest, GETDATE())"


class MigrationChanged(Exception):
    """The file of an applied migration is not what was applied."""


class Migrating:
    """The use case; `warehouse_id` is another one for each new warehouse."""

    def __init__(self, sql: Sql, migrated: Migrated, warehouse_id: str) -> None:
        self._sql = sql
        self._migrated = migrated
        self._warehouse_id = warehouse_id

    def apply_if_new(self) -> list[Migration]:
        """Apply the migrations, unless this warehouse is known to have all of these: it costs money to wake it."""
        digest = self._digest()
        if self._migrated.read() == digest:
            return []
        applied = self.apply()
        self._migrated.write(digest)
        return applied

    def apply(self) -> list[Migration]:
        """Apply what is missing; returns what was applied.

        Raises
        ------
        MigrationChanged
        StatementFailed
        """
        self._sql.run([_CREATE], {})
        applied = self._applied()
        return [migration for migration in migrations() if self._apply(migration, applied)]

    def _apply(self, migration: Migration, applied: dict[int, str]) -> bool:
        if not _is_missing(migration, applied):
            return False
        values = {"version": str(migration.version), "name": migration.name, "digest": migration.digest}
        try:
            self._sql.run([_LOCK, _REFUSE_SECOND, *migration.statements, _NOTE], values)
        except StatementFailed:
            if _is_missing(migration, self._applied()):
                raise
            return False
        return True

    def _applied(self) -> dict[int, str]:
        rows = self._sql.rows("SELECT version, digest FROM schema_migrations", {})
        return {int(str(row["version"])): str(row["digest"]) for row in rows}

    def _digest(self) -> str:
        digests = [migration.digest for migration in migrations()]
        return sha256(" ".join([self._warehouse_id, *digests]).encode()).hexdigest()


def _is_missing(migration: Migration, applied: dict[int, str]) -> bool:
    digest = applied.get(migration.version)
    if digest not in (None, migration.digest):
        raise MigrationChanged(f"migration {migration.version} ({migration.name}) has changed since it was applied")
    return digest is None
