"""Types: of Glue's columns, of expressions, and of results."""

import re

from sqlglot import exp

from local_aws.sql.trino.errors import QueryError, not_supported

_GLUE = {
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "float": "FLOAT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
_RESULTS = {
    "VARCHAR": "varchar",
    "BOOLEAN": "boolean",
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double",
    "FLOAT": "float",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)", re.IGNORECASE)
_Type = exp.DataType.Type
_FAMILIES = {
    "text": {_Type.VARCHAR, _Type.TEXT, _Type.CHAR},
    "integer": {_Type.TINYINT, _Type.SMALLINT, _Type.INT, _Type.BIGINT},
    "double": {_Type.DOUBLE, _Type.FLOAT},
    "decimal": {_Type.DECIMAL},
    "boolean": {_Type.BOOLEAN},
    "date": {_Type.DATE},
    "timestamp": {_Type.TIMESTAMP},
    "timestamp with time zone": {_Type.TIMESTAMPTZ},
}
NUMBERS = frozenset({"integer", "double", "decimal"})
TIMES = frozenset({"date", "timestamp", "timestamp with time zone"})


def duckdb_type(glue_type: str) -> str:
    """DuckDB's name of a Glue column's type; raises QueryError for types that are not served."""
    glue_type = glue_type.strip().lower()
    if _DECIMAL.fullmatch(glue_type):
        return glue_type.upper()
    if glue_type not in _GLUE:
        raise not_supported(f"the column type {glue_type}")
    return _GLUE[glue_type]


def athena_type(duckdb: str) -> str:
    """Athena's name of a result's type; raises QueryError for types that are not served."""
    if _DECIMAL.fullmatch(duckdb):
        return "decimal"
    if duckdb not in _RESULTS:
        raise not_supported(f"a result of the type {duckdb.lower()}")
    return _RESULTS[duckdb]


def precision_and_scale(athena: str, duckdb: str) -> tuple[int, int]:
    """Precision and scale of a result's column, as GetQueryResults returns them."""
    if decimal := _DECIMAL.fullmatch(duckdb):
        return int(decimal[1]), int(decimal[2])
    lengths = {"varchar": 2147483647, "integer": 10, "bigint": 19, "smallint": 5, "tinyint": 3, "double": 17}
    return {**lengths, "float": 17, "timestamp": 3, "timestamp with time zone": 3}.get(athena, 0), 0


def family(node: exp.Expr) -> str | None:
    """The kind of an expression's type; None for NULL and for what is not known."""
    kind = node.type.this if node.type else None
    return next((name for name, kinds in _FAMILIES.items() if kind in kinds), None)


def check_same(operation: str, *operands: exp.Expr) -> None:
    """Refuse operands of different kinds, which Trino does not convert.

    Raises
    ------
    QueryError
        TYPE_MISMATCH.
    """
    kinds = {_kind(operand) for operand in operands} - {None}
    if len(kinds) > 1:
        names = ", ".join(sorted(str(family(operand)) for operand in operands))
        raise QueryError("TYPE_MISMATCH", f"line 1:1: Cannot apply operator: {operation} of {names}")


def _kind(node: exp.Expr) -> str | None:
    name = family(node)
    return "number" if name in NUMBERS else "time" if name in TIMES else name
