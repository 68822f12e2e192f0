"""Who owns a relation, and what other database users may do with it.

The owner and superusers may do everything; others need a grant to themselves, to PUBLIC or to one of their database
roles. Every user may create tables in the schema `public` and temporary tables.
https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
https://docs.aws.amazon.com/redshift/latest/dg/r_Privileges.html

The grants are tables of the same file, so that they are part of a transaction.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import duckdb

from local_aws.sql.redshift.errors import SqlError

PUBLIC = "public"
ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
# SQL of callers cannot name another schema than `public`.
_TABLES = """
CREATE SCHEMA IF NOT EXISTS redshift;
CREATE TABLE IF NOT EXISTS redshift.relations (name VARCHAR, owner VARCHAR);
CREATE TABLE IF NOT EXISTS redshift.roles (name VARCHAR);
CREATE TABLE IF NOT EXISTS redshift.grants (relation VARCHAR, privilege VARCHAR, grantee VARCHAR);
"""


@dataclass(frozen=True)
class Identity:
    """A database user, with the names of the database roles that it asks for."""

    user: str
    is_superuser: bool = False
    roles: tuple[str, ...] = ()


def create_catalog(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the catalog in a new database."""
    connection.execute(_TABLES)


class Catalog:
    """The relations and grants of one session."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, identity: Identity) -> None:
        self._connection = connection
        self._identity = identity
        # The session's own temporary tables; they come before tables of the same name.
        self._temporary: set[str] = set()

    def exists(self, relation: str) -> bool:
        """Whether the session sees a table or view of this name."""
        return relation in self._temporary or self._owner(relation) is not None

    def require_relation(self, relation: str) -> None:
        """Raise SqlError if there is no such relation."""
        if not self.exists(relation):
            raise SqlError(f'relation "{relation}" does not exist')

    def require(self, privilege: str, relation: str) -> None:
        """Raise SqlError if the user does not have a privilege on a relation, or if there is none."""
        self.require_relation(relation)
        if not self._owns(relation) and privilege not in self._granted(relation):
            raise SqlError(f"permission denied for relation {relation}")

    def require_owner(self, relation: str) -> None:
        """Raise SqlError if the user does not own a relation, or if there is none."""
        self.require_relation(relation)
        if not self._owns(relation):
            raise SqlError(f"must be owner of relation {relation}")

    def add(self, relation: str, *, temporary: bool) -> None:
        """Note a new relation of this user."""
        if temporary:
            self._temporary.add(relation)
        elif self._owner(relation) is None:
            self._connection.execute("INSERT INTO redshift.relations VALUES (?, ?)", [relation, self._identity.user])

    def remove(self, relation: str) -> None:
        """Note that a relation is deleted."""
        if relation in self._temporary:
            self._temporary.remove(relation)
            return
        self._connection.execute("DELETE FROM redshift.relations WHERE name = ?", [relation])
        self._connection.execute("DELETE FROM redshift.grants WHERE relation = ?", [relation])

    def create_role(self, role: str) -> None:
        """Create a database role; superusers only."""
        if not self._identity.is_superuser:
            raise SqlError("permission denied to create role")
        if role in self._roles():
            raise SqlError(f'role "{role}" already exists')
        self._connection.execute("INSERT INTO redshift.roles VALUES (?)", [role])

    def grant(self, privileges: Iterable[str], relation: str, grantees: Iterable[str]) -> None:
        """Grant privileges on a relation. A grantee is `public`, `user:NAME` or `role:NAME`."""
        self.require_owner(relation)
        for grantee in grantees:
            kind, _, name = grantee.partition(":")
            if kind == "role" and name not in self._roles():
                raise SqlError(f'role "{name}" does not exist')
            for privilege in privileges:
                self._connection.execute("INSERT INTO redshift.grants VALUES (?, ?, ?)", [relation, privilege, grantee])

    def _owner(self, relation: str) -> str | None:
        query = "SELECT owner FROM redshift.relations WHERE name = ?"
        row = self._connection.execute(query, [relation]).fetchone()
        return str(row[0]) if row else None

    def _owns(self, relation: str) -> bool:
        if relation in self._temporary or self._identity.is_superuser:
            return True
        return self._owner(relation) == self._identity.user

    def _granted(self, relation: str) -> Collection[str]:
        # Roles that the database does not have are ignored.
        roles = [f"role:{role}" for role in self._identity.roles if role in self._roles()]
        grantees = [PUBLIC, f"user:{self._identity.user.lower()}", *roles]
        query = "SELECT privilege FROM redshift.grants WHERE relation = ? AND list_contains(?::VARCHAR[], grantee)"
        return {str(row[0]) for row in self._connection.execute(query, [relation, grantees]).fetchall()}

    def _roles(self) -> set[str]:
        return {str(row[0]) for row in self._connection.execute("SELECT name FROM redshift.roles").fetchall()}
