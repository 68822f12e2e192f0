"""Runs the statements of one session, one after another, in a transaction that its caller begins and ends."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from local_aws.sql.redshift import copy_command, dialect, grant_command, parsing, requirements, unload_command
from local_aws.sql.redshift.errors import SqlError
from local_aws.sql.redshift.objects import Roles
from local_aws.sql.redshift.privileges import Catalog, Identity
from local_aws.sql.redshift.words import Words

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """What a statement returned: columns with DuckDB's types and rows, or the number of changed rows."""

    columns: tuple[tuple[str, str], ...] | None
    rows: tuple[Row, ...]
    row_count: int


class Session:
    """One database user's session."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, identity: Identity, roles: Roles, folder: Path) -> None:
        self._connection, self._roles, self._folder = connection, roles, folder
        self._catalog = Catalog(connection, identity)
        # Whether a statement may have changed the database.
        self.has_changes = False
        self._commands: Mapping[str, Callable[[str], Outcome]] = {
            "COPY": self._copy,
            "UNLOAD": self._unload,
            "LOCK": self._lock,
            "GRANT": self._grant,
        }

    def run(self, sql: str, parameters: Mapping[str, str]) -> Outcome:
        """Run one statement.

        Raises
        ------
        SqlError
            Redshift refuses it, or it fails.
        """
        first, *rest = [token.text.upper() for token in parsing.tokens_of(sql)]
        try:
            if first in self._commands:
                return self._commands[first](sql)
            if [first, *rest[:1]] == ["CREATE", "ROLE"]:
                return self._create_role(sql)
            return self._run(parsing.bind(parsing.parse(sql), parameters))
        except duckdb.Error as error:
            raise SqlError(_message(error)) from error

    def _run(self, tree: exp.Expression) -> Outcome:
        query = dialect.translate(tree.copy())
        for identifier in tree.find_all(exp.Identifier):
            identifier.set("this", identifier.name.lower())
        requirements.check(tree, self._catalog)
        cursor = self._connection.execute(query)
        if isinstance(tree, exp.Query):
            columns = tuple((column[0].lower(), str(column[1])) for column in cursor.description or ())
            rows = tuple(cursor.fetchall())
            return Outcome(columns, rows, len(rows))
        self.has_changes = True
        result = cursor.fetchone()
        self._note(tree)
        count = result[0] if result and isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge)) else 0
        return Outcome(None, (), int(count))

    def _note(self, tree: exp.Expression) -> None:
        """Note in the catalog what a statement has created or deleted."""
        if isinstance(tree, exp.Create):
            table = tree.this if isinstance(tree.this, exp.Table) else tree.this.this
            self._catalog.add(table.name, temporary=tree.find(exp.TemporaryProperty) is not None)
        elif isinstance(tree, exp.Drop):
            self._catalog.remove(requirements.altered_relation(tree))

    def _copy(self, sql: str) -> Outcome:
        command = copy_command.parse(sql)
        self._catalog.require("INSERT", command.table)
        self.has_changes = True
        objects = self._roles.assume(command.role)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            return Outcome(None, (), copy_command.run(command, self._connection, objects, Path(folder)))

    def _unload(self, sql: str) -> Outcome:
        command = unload_command.parse(sql)
        tree = parsing.parse(command.query)
        if not isinstance(tree, exp.Query):
            raise SqlError("UNLOAD needs a SELECT query")
        query = dialect.translate(tree)
        requirements.check(tree, self._catalog)
        objects = self._roles.assume(command.role)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            return Outcome(None, (), unload_command.run(command, query, self._connection, objects, Path(folder)))

    def _lock(self, sql: str) -> Outcome:
        """The transactions of a database run one after another, so each has all locks."""
        words = Words(sql)
        words.expect("LOCK")
        words.accept("TABLE")
        for relation in words.names():
            self._catalog.require_relation(relation)
        words.refuse_rest("LOCK")
        return Outcome(None, (), 0)

    def _grant(self, sql: str) -> Outcome:
        command = grant_command.parse(sql)
        self.has_changes = True
        for relation in command.relations:
            self._catalog.grant(command.privileges, relation, command.grantees)
        return Outcome(None, (), 0)

    def _create_role(self, sql: str) -> Outcome:
        words = Words(sql)
        words.expect("CREATE", "ROLE")
        role = words.name()
        words.refuse_rest("CREATE ROLE")
        self._catalog.create_role(role)
        self.has_changes = True
        return Outcome(None, (), 0)


def _message(error: duckdb.Error) -> str:
    """DuckDB's message in one line, without its class and without the hints."""
    if isinstance(error, duckdb.ConstraintException) and "CHECK" in str(error):
        return "Value too long for character type"
    if isinstance(error, duckdb.InterruptException):
        return "Query cancelled on user's request"
    return str(error).splitlines()[0].partition(": ")[2] or str(error)
