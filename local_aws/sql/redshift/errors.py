"""The errors of SQL statements."""


class SqlError(Exception):
    """Redshift refuses or fails a statement. The message is Redshift's, without the prefix `ERROR: `."""


def not_supported(what: str) -> SqlError:
    """The error for SQL that Redshift may have and the embedded AWS does not."""
    return SqlError(f"{what} is not supported by the embedded AWS")


def syntax_error(at: str) -> SqlError:
    """The error for text that is not SQL."""
    return SqlError(f'syntax error at or near "{at}"')
