"""The files of the databases and of the results, below the state folder.

A file is written once and never changed; the saved state names the files that belong to it. So a save is consistent
without a copy of the databases, and a transaction that was not saved leaves an unnamed file at most.
"""

import shutil
from pathlib import Path

from local_aws.hooks import prepares
from local_aws.services.redshift_data import statements
from local_aws.settings import Settings
from local_aws.state import persistence

_folder: Path
# The current file of each database, by `account/region/namespace id/database`.
databases: dict[str, str] = {}


@prepares
def _prepare(settings: Settings) -> None:
    global _folder
    _folder = settings.state_dir / "redshift"
    persistence.after_save(_delete_replaced)


def folder() -> Path:
    """The folder of all files."""
    _folder.mkdir(parents=True, exist_ok=True)
    return _folder


def database_file(key: str) -> Path | None:
    """The current file of a database; None if nothing was written into it."""
    name = databases.get(key)
    return folder() / name if name else None


def new_database_file(statement_id: str) -> Path:
    """The file of a database after a statement."""
    return folder() / f"{statement_id}.duckdb"


def new_result_file(statement_id: str, number: int) -> Path:
    """The file of a statement's result."""
    return folder() / f"{statement_id}-{number}.json"


def delete_unnamed() -> None:
    """Delete the files that neither the loaded state nor the one before it names: of statements that were not saved."""
    named, previous = _named(), persistence.previous_text("redshift_data")
    for path in folder().iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name not in named and path.name not in previous:
            path.unlink(missing_ok=True)


def _delete_replaced() -> None:
    """Delete the files of ended statements that neither the state just saved nor the one before it names.

    This runs in the process that saved: a copy of the server at one moment. The files of statements that ran then are
    not known to it, and stay.
    """
    named, previous = _named(), persistence.previous_text("redshift_data")
    for path in (new_database_file(statement.id) for statement in statements.ended()):
        if path.name not in named and path.name not in previous:
            path.unlink(missing_ok=True)


def _named() -> set[str]:
    results = {
        part.result_file
        for statement in [*statements.ended(), *statements.running()]
        for part in statement.parts
        if part.result_file
    }
    return results | set(databases.values())
