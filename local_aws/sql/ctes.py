"""Common table expressions: which names in a query are not those of tables."""

from sqlglot import exp


def names_cte(table: exp.Table) -> bool:
    """Whether a name stands for a common table expression that is visible where it is used.

    An expression is visible in its own query and in the expressions after it. It is visible in itself only with
    `RECURSIVE`: `WITH t AS (SELECT * FROM t)` reads the table `t`.
    """
    if table.db:
        return False
    name = table.name.lower()
    inner: exp.Expr = table
    while (outer := inner.parent) is not None:
        if isinstance(outer, exp.With):
            visible = outer.expressions[: _index(outer, inner) + bool(outer.args.get("recursive"))]
        else:
            # The clause itself is read above, expression by expression.
            clause = outer.args.get("with_")
            visible = clause.expressions if clause is not None and clause is not inner else []
        if any(cte.alias.lower() == name for cte in visible):
            return True
        inner = outer
    return False


def _index(clause: exp.With, cte: exp.Expr) -> int:
    return next(number for number, each in enumerate(clause.expressions) if each is cte)
