"""Translates a SELECT: its tables become views of DuckDB, and its expressions are corrected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify

from local_aws.sql.ctes import names_cte
from local_aws.sql.trino.annotation import annotate
from local_aws.sql.trino.corrections import correct
from local_aws.sql.trino.errors import QueryError
from local_aws.sql.trino.types import family

# The DuckDB types of a table's columns by name; raises QueryError for a table that does not exist.
Columns = Callable[[str, str], Mapping[str, str]]
_SIMPLE = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_OPERANDS = (exp.Column, exp.Identifier, exp.Literal, exp.Tuple, exp.Paren, exp.And, exp.Or, *_SIMPLE)


@dataclass(frozen=True)
class Scan:
    """One use of a table: DuckDB reads it from the view `view`.

    `condition` is DuckDB SQL on partition columns that all rows of the result fulfil; empty when all partitions are
    read.
    """

    database: str
    table: str
    view: str
    condition: str


@dataclass(frozen=True)
class Translation:
    """A query for DuckDB, the tables that it scans, and the names of its columns."""

    sql: str
    scans: tuple[Scan, ...]


def translate(
    select: exp.Select, database: str, columns: Columns, partition_keys: Callable[[str, str], tuple[str, ...]]
) -> Translation:
    """Translate a query whose unqualified tables are in `database`.

    Raises
    ------
    QueryError
        A table, column or function does not exist, types do not fit, or a part is not served.
    """
    select = select.copy()
    _name_columns(select)
    tables = _replace_tables(select, database)
    _qualify_having(select)
    types = {view: dict(columns(*table)) for view, table in tables.items()}
    select = annotate(_qualified(select, types), types)
    scans = tuple(
        Scan(*table, view, _condition(select, view, partition_keys(*table))) for view, table in tables.items()
    )
    _correct(select)
    return Translation(select.sql("duckdb"), scans)


def _name_columns(select: exp.Select) -> None:
    """Columns without a name are `_col0`, `_col1`, ... by their position."""
    for position, expression in enumerate(select.expressions):
        if not isinstance(expression, exp.Alias | exp.Column | exp.Star):
            expression.replace(exp.alias_(expression.copy(), f"_col{position}"))


def _replace_tables(select: exp.Select, database: str) -> dict[str, tuple[str, str]]:
    """Give each use of a table its own view; returns database and table by view."""
    tables: dict[str, tuple[str, str]] = {}
    for table in [each for each in select.find_all(exp.Table) if not names_cte(each)]:
        view = f"scan_{len(tables)}"
        tables[view] = (table.db or database).lower(), table.name.lower()
        alias = exp.TableAlias(this=exp.to_identifier(table.alias_or_name.lower(), quoted=True))
        table.replace(exp.Table(this=exp.to_identifier(view, quoted=True), alias=alias))
    return tables


def _qualify_having(select: exp.Select) -> None:
    """Write the table before the columns of HAVING, which sqlglot takes for names of the SELECT clause."""
    for having in select.find_all(exp.Having):
        query = having.parent_select
        source = query.args.get("from_") if query else None
        if source is None or not source.this.alias_or_name or (query and query.args.get("joins")):
            continue
        for column in having.find_all(exp.Column):
            if not column.table and column.parent_select is query:
                column.set("table", exp.to_identifier(source.this.alias_or_name))


def _qualified(select: exp.Select, types: dict[str, dict[str, str]]) -> exp.Select:
    try:
        qualified = qualify(
            select, schema=dict(types), dialect="trino", expand_alias_refs=False, validate_qualify_columns=True
        )
    except OptimizeError as error:
        name = str(error).partition("'")[2].partition("'")[0] or str(error)
        raise QueryError("COLUMN_NOT_FOUND", f"line 1:1: Column '{name}' cannot be resolved") from error
    if not isinstance(qualified, exp.Select):
        raise TypeError(f"qualify made a {type(qualified).__name__} of a SELECT")
    return qualified


def _condition(select: exp.Select, view: str, keys: tuple[str, ...]) -> str:
    """The parts of the WHERE clause that compare partition columns of a view with constants."""
    table = next(table for table in select.find_all(exp.Table) if table.name == view)
    query = table.find_ancestor(exp.Select)
    where = query.args.get("where") if query else None
    if where is None:
        return ""
    condition = where.this.unnest()
    conjuncts = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    parts = [part for part in conjuncts if _is_on_keys(part, table.alias_or_name, keys)]
    return exp.and_(*[_plain(part) for part in parts]).sql("duckdb") if parts else ""


def _plain(part: exp.Expr) -> exp.Expr:
    part = part.copy()
    for column in list(part.find_all(exp.Column)):
        column.set("table", None)
    return part


def _is_on_keys(part: exp.Expr, table: str, keys: tuple[str, ...]) -> bool:
    nodes = list(part.walk())
    columns = [node for node in nodes if isinstance(node, exp.Column)]
    return (
        bool(columns)
        and all(isinstance(node, _OPERANDS) for node in nodes)
        and all(column.table == table and column.name in keys for column in columns)
    )


def _correct(select: exp.Select) -> None:
    """Correct all expressions, the innermost first. Sums of integers are bigint in Trino, and larger in DuckDB."""
    for node in reversed(list(select.walk(bfs=True))):
        if node is select:
            continue
        corrected = correct(node)
        if corrected is not node:
            node.replace(corrected)
    for node in list(select.find_all(exp.Sum)):
        whole: exp.Expr = node
        while isinstance(whole.parent, exp.Filter | exp.Window) and whole.parent.this is whole:
            whole = whole.parent
        if family(whole) == "integer":
            kind = whole.type
            cast = exp.Cast(this=whole.copy(), to=exp.DataType.build("BIGINT"))
            cast.type = kind
            whole.replace(cast)
