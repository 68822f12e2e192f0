"""Why a query fails, as Athena reports it."""


class QueryError(Exception):
    """A query fails with a Trino error, as `FUNCTION_NOT_FOUND: line 1:8: Function 'f' not registered`.

    https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html
    """

    def __init__(self, code: str, message: str, line: int | None = None, column: int | None = None) -> None:
        place = f"line {line}:{column}: " if line else ""
        super().__init__(f"{code}: {place}{message}")
        self.code = code


class MalformedQuery(Exception):
    """The text of a statement cannot be parsed. Athena refuses it when it is submitted."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}:{column}: {message}")


class UnsupportedStatement(Exception):
    """The statement is neither a SELECT nor an UNLOAD."""


def not_supported(what: str) -> QueryError:
    """What the embedded AWS does not translate."""
    return QueryError("NOT_SUPPORTED", f"{what} is not supported by the embedded AWS")
