"""Runs transactions on a database, whose state is an immutable DuckDB file.

A transaction works on a copy of the file. If it commits, the copy is the database's next file; otherwise it is deleted.
So a file that the embedded AWS's saved state names never changes, and no file is open between two transactions.
"""

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local_aws.sql import sandbox
from local_aws.sql.redshift.errors import SqlError
from local_aws.sql.redshift.objects import Roles
from local_aws.sql.redshift.privileges import Identity, create_catalog
from local_aws.sql.redshift.session import Outcome, Session


class TransactionFailed(Exception):
    """A statement of a transaction failed; nothing is changed. `index` is its number from 0."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True)
class Transaction:
    """Statements that run as one database user; `parameters` are the values of named parameters."""

    sqls: Sequence[str]
    parameters: Mapping[str, str]
    identity: Identity
    roles: Roles


def run(
    transaction: Transaction,
    current: Path | None,
    following: Path,
    *,
    on_start: Callable[[Callable[[], None]], None] = lambda _interrupt: None,
    on_statement: Callable[[int], None] = lambda _index: None,
) -> list[Outcome]:
    """Run a transaction on the file `current` (None: an empty database), and write the changed one as `following`.

    If the statements only read, there is no file `following`.

    `on_start` gets the function that interrupts it from another thread; `on_statement` is called before each statement.

    Raises
    ------
    TransactionFailed
        There is no file `following`.
    """
    with tempfile.TemporaryDirectory(dir=following.parent, prefix="transaction-") as name:
        folder = Path(name)
        copy = folder / "database"
        if current is not None:
            shutil.copyfile(current, copy)
        files = folder / "files"
        files.mkdir()
        connection = sandbox.connect(files, database=str(copy))
        try:
            if current is None:
                create_catalog(connection)
            on_start(functools.partial(_interrupt, connection))
            session = Session(connection, transaction.identity, transaction.roles, files)
            outcomes = _run_statements(connection, session, transaction, on_statement)
        finally:
            connection.close()
        if session.has_changes:
            copy.rename(following)
    return outcomes


def _interrupt(connection: duckdb.DuckDBPyConnection) -> None:
    # The transaction may have ended meanwhile.
    with contextlib.suppress(duckdb.Error):
        connection.interrupt()


def _run_statements(
    connection: duckdb.DuckDBPyConnection,
    session: Session,
    transaction: Transaction,
    on_statement: Callable[[int], None],
) -> list[Outcome]:
    connection.execute("BEGIN TRANSACTION")
    outcomes = []
    for index, sql in enumerate(transaction.sqls):
        on_statement(index)
        try:
            outcomes.append(session.run(sql, transaction.parameters))
        except SqlError as error:
            raise TransactionFailed(index, str(error)) from error
    try:
        connection.execute("COMMIT")
        # The changes are in the file, and not in a log beside it.
        connection.execute("CHECKPOINT")
    except duckdb.Error as error:
        raise TransactionFailed(len(transaction.sqls) - 1, str(error).splitlines()[0]) from error
    return outcomes
