"""Translates one parsed Redshift statement to DuckDB's SQL, and refuses what is not translated.

Redshift folds names to lower case, does not enforce primary keys, and refuses text that is longer than its column.
https://docs.aws.amazon.com/redshift/latest/dg/r_names.html
https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html
"""

from typing import Any

from sqlglot import exp

from local_aws.sql.redshift import functions
from local_aws.sql.redshift.errors import SqlError, not_supported

SCHEMA = "public"
# Everything but functions that a statement may contain.
_SYNTAX: tuple[type[Any], ...] = (
    exp.Query, exp.CTE, exp.With, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered,
    exp.Limit, exp.Offset, exp.Distinct, exp.Table, exp.TableAlias, exp.Column, exp.Identifier, exp.Star, exp.Alias,
    exp.Literal, exp.Null, exp.Boolean, exp.DataType, exp.DataTypeParam, exp.Paren, exp.Tuple, exp.Not, exp.EQ,
    exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Add, exp.Sub,
    exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe, exp.Interval, exp.Var, exp.Window, exp.WindowSpec, exp.WithinGroup,
    exp.Values, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Whens, exp.When, exp.Schema, exp.ColumnDef,
    exp.ColumnConstraint, exp.NotNullColumnConstraint, exp.DefaultColumnConstraint, exp.EncodeColumnConstraint,
    exp.PrimaryKeyColumnConstraint, exp.PrimaryKey, exp.IndexParameters, exp.UniqueColumnConstraint, exp.Create,
    exp.Drop, exp.Alter, exp.Properties, exp.TemporaryProperty, exp.LikeProperty, exp.DistKeyProperty,
    exp.SortKeyProperty, exp.DistStyleProperty,
)  # fmt: skip
_STATEMENTS = (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter)
# Redshift's own: where rows are stored, and how they are compressed. They do not change a result.
_PHYSICAL = (exp.DistKeyProperty, exp.SortKeyProperty, exp.DistStyleProperty, exp.EncodeColumnConstraint)
_NOT_ENFORCED = (exp.PrimaryKey, exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint)
_TYPES = {
    exp.DType.BOOLEAN, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT, exp.DType.FLOAT, exp.DType.DOUBLE,
    exp.DType.DECIMAL, exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.INTERVAL,
}  # fmt: skip
_VARCHAR_BYTES = 256


def translate(tree: exp.Expression) -> str:
    """Translate a statement to DuckDB's SQL.

    Raises
    ------
    SqlError
        The statement has something that is not supported.
    """
    _check(tree)
    if isinstance(tree, exp.Query):
        _name_columns(tree)
    tree = functions.translate(tree)
    if isinstance(tree, exp.Create):
        _rewrite_create(tree)
    elif isinstance(tree, exp.Merge):
        _rewrite_merge(tree)
    return tree.sql(dialect="duckdb")


def _check(tree: exp.Expression) -> None:
    if not isinstance(tree, _STATEMENTS):
        raise not_supported(tree.key.upper() if not isinstance(tree, exp.Command) else f"{tree.name.upper()}")
    for node in tree.walk():
        if isinstance(node, exp.Identifier):
            node.set("this", node.name.lower())
        elif isinstance(node, exp.Table):
            _check_table(node)
        elif isinstance(node, exp.DataType):
            _check_type(node)
        elif not isinstance(node, (*_SYNTAX, exp.Func)) or (isinstance(node, exp.Star) and any(node.args.values())):
            raise not_supported(type(node).__name__)
    _check_kind(tree)


def _check_kind(tree: exp.Expression) -> None:
    """Tables and views can be created and deleted; tables can get new columns."""
    if isinstance(tree, exp.Drop) and len(list(tree.find_all(exp.Table))) != 1:
        raise not_supported("DROP of several relations")
    if isinstance(tree, (exp.Create, exp.Drop)) and str(tree.args.get("kind")).upper() not in ("TABLE", "VIEW"):
        raise not_supported(f"{tree.key.upper()} {tree.args.get('kind')}")
    if isinstance(tree, exp.Alter) and not all(isinstance(action, exp.ColumnDef) for action in tree.args["actions"]):
        raise not_supported("ALTER TABLE, other than ADD COLUMN,")
    if isinstance(tree, exp.Insert) and (tree.args.get("conflict") or tree.args.get("returning")):
        raise SqlError('syntax error at or near "ON"')


def _check_table(table: exp.Table) -> None:
    if not isinstance(table.this, exp.Identifier):
        raise not_supported("A table function")
    schema, catalog = table.db.lower(), table.catalog
    if catalog or schema not in ("", SCHEMA):
        raise SqlError(f'schema "{catalog or schema}" does not exist')
    table.set("db", None)


def _check_type(node: exp.DataType) -> None:
    if node.this not in _TYPES:
        raise not_supported(f"The type {node.sql(dialect='redshift')}")


def _name_columns(query: exp.Query) -> None:
    select = query if isinstance(query, exp.Select) else query.find(exp.Select)
    for projection in list(select.expressions) if select is not None else ():
        if not isinstance(projection, (exp.Alias, exp.Column, exp.Star)):
            name = exp.to_identifier(functions.column_name(projection), quoted=True)
            projection.replace(exp.Alias(this=projection.copy(), alias=name))


def _rewrite_create(create: exp.Create) -> None:
    for node in list(create.find_all(*_PHYSICAL, *_NOT_ENFORCED)):
        owner = node.parent if isinstance(node.parent, exp.ColumnConstraint) else node
        owner.pop()
    schema = create.this
    if not isinstance(schema, exp.Schema):
        return
    like = next((part for part in schema.expressions if isinstance(part, exp.LikeProperty)), None)
    if like is not None:
        # `LIKE` copies names and types.
        create.set("this", schema.this)
        create.set("expression", exp.select("*").from_(like.this).limit(0))
        return
    for column in schema.find_all(exp.ColumnDef):
        if column.kind is not None and column.kind.this in (exp.DType.VARCHAR, exp.DType.TEXT):
            _limit_length(column)


def _limit_length(column: exp.ColumnDef) -> None:
    """Redshift counts the bytes of UTF-8: https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html"""
    size = column.kind.find(exp.DataTypeParam) if column.kind is not None else None
    limit = int(size.name) if size is not None and size.name.isdigit() else _VARCHAR_BYTES
    length = exp.Anonymous(this="strlen", expressions=[exp.column(column.name, quoted=True)])
    check = exp.CheckColumnConstraint(this=exp.LTE(this=length, expression=exp.Literal.number(limit)))
    column.append("constraints", exp.ColumnConstraint(kind=check))


def _rewrite_merge(merge: exp.Merge) -> None:
    """DuckDB refuses the target's name before the columns that are set, and parentheses around the values."""
    target = merge.this.alias_or_name
    for when in merge.find_all(exp.When):
        action = when.args["then"]
        if isinstance(action, exp.Update):
            for assignment in action.expressions:
                column = assignment.this
                if isinstance(column, exp.Column) and column.table == target:
                    assignment.set("this", exp.column(column.this))
