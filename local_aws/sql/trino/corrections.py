"""Writes each expression so that DuckDB computes what Trino documents.

Each correction names the difference. https://trino.io/docs/current/functions.html has Trino's side.
"""

from collections.abc import Callable

from sqlglot import exp

from local_aws.sql.trino import functions
from local_aws.sql.trino.errors import QueryError, not_supported
from local_aws.sql.trino.types import NUMBERS, TIMES, check_same, family

# Functions that DuckDB does not have.
MACROS = (
    # Only the formats that Trino reads, and only UTC: DuckDB does not keep the offset, Trino does.
    r"""CREATE TEMP MACRO trino_timestamp(text) AS CASE WHEN regexp_full_match(text,
        '\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]00:00)?)?')
        THEN date_trunc('milliseconds', CAST(replace(text, 'T', ' ') AS TIMESTAMPTZ))
        ELSE CAST(text || ' is not an ISO 8601 time in UTC' AS TIMESTAMPTZ) END""",
    r"""CREATE TEMP MACRO trino_date(text) AS CASE WHEN regexp_full_match(text, '\d{4}-\d{2}-\d{2}')
        THEN CAST(text AS DATE) ELSE CAST(text || ' is not a date' AS DATE) END""",
    r"""CREATE TEMP MACRO trino_integer(text) AS CASE WHEN regexp_full_match(text, '[+-]?\d+')
        THEN CAST(text AS BIGINT) ELSE CAST(text || ' is not an integer' AS BIGINT) END""",
    """CREATE TEMP MACRO trino_from_unixtime(seconds) AS
        make_timestamptz(CAST(round(CAST(seconds AS DOUBLE) * 1000) AS BIGINT) * 1000)""",
    """CREATE TEMP MACRO trino_divide(a, b) AS CASE WHEN b <> 0 THEN a / b WHEN a > 0 THEN CAST('inf' AS DOUBLE)
        WHEN a < 0 THEN CAST('-inf' AS DOUBLE) WHEN a = 0 THEN CAST('nan' AS DOUBLE) END""",
)
_Correction = Callable[[exp.Expr], exp.Expr]


def correct(node: exp.Expr) -> exp.Expr:
    """The expression for DuckDB; its operands are already corrected and keep their types.

    Raises
    ------
    QueryError
        TYPE_MISMATCH, or NOT_SUPPORTED where DuckDB's result may differ.
    """
    kind = node.type
    for served, correction in _CORRECTIONS.items():
        if isinstance(node, served):
            corrected = correction(node)
            corrected.type = kind
            return corrected
    return node


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _cast(node: exp.Expr, to: str) -> exp.Expr:
    return exp.Cast(this=node.copy(), to=exp.DataType.build(to, dialect="duckdb"))


def _comparison(node: exp.Expr) -> exp.Expr:
    check_same(node.key, node.this, node.expression)
    return node


def _between(node: exp.Expr) -> exp.Expr:
    check_same("BETWEEN", node.this, node.args["low"], node.args["high"])
    return node


def _in(node: exp.Expr) -> exp.Expr:
    if node.args.get("query") or node.args.get("unnest") or node.args.get("field"):
        raise not_supported("IN with a query")
    check_same("IN", node.this, *node.expressions)
    return node


def _alternatives(node: exp.Expr) -> exp.Expr:
    check_same(
        node.key, *[operand for operand in (node.this, *node.expressions, node.args.get("expression")) if operand]
    )
    return node


def _case(node: exp.Expr) -> exp.Expr:
    results = [branch.args["true"] for branch in node.args["ifs"]]
    check_same("CASE", *[result for result in (*results, node.args.get("default")) if result is not None])
    return node


def _if(node: exp.Expr) -> exp.Expr:
    if not isinstance(node.parent, exp.Case):
        check_same("IF", *[node.args[name] for name in ("true", "false") if node.args.get(name)])
    return node


def _arithmetic(node: exp.Expr) -> exp.Expr:
    left, right = family(node.this), family(node.expression)
    if left in TIMES and isinstance(node.expression, exp.Interval):
        # DuckDB: a date and an interval are a timestamp. Trino: a date.
        return _cast(node, "DATE") if left == "date" else node
    if left not in NUMBERS or right not in NUMBERS:
        raise QueryError("TYPE_MISMATCH", f"line 1:1: Cannot apply operator: {left} {node.key} {right}")
    return node


def _division(node: exp.Expr) -> exp.Expr:
    left, right = family(node.this), family(node.expression)
    if left == right == "integer":
        return exp.Paren(this=exp.IntDiv(this=node.this.copy(), expression=node.expression.copy()))
    if "double" in (left, right) and {left, right} <= NUMBERS:
        # DuckDB: an error. Trino: infinity or NaN.
        return _call("trino_divide", node.this, node.expression)
    # The digits of a quotient of decimals differ.
    raise not_supported(f"division of {left} by {right}: cast one to double, it")


def _modulo(node: exp.Expr) -> exp.Expr:
    if family(node.this) == family(node.expression) == "integer":
        return node
    raise not_supported("the remainder of numbers other than integers")


def _to_integer(node: exp.Expr) -> exp.Expr:
    source = family(node.this)
    if source == "text":
        # DuckDB: '2.5' is 3. Trino: an error.
        return _cast(_call("trino_integer", node.this), node.args["to"].sql("duckdb"))
    if source in ("double", "decimal"):
        # DuckDB: 0.5 as a double is rounded to the even number. Trino: away from zero.
        return _cast(_call("round", node.this), node.args["to"].sql("duckdb"))
    return node if source in ("integer", "boolean") else _refuse_cast(node)


def _refuse_cast(node: exp.Expr) -> exp.Expr:
    raise not_supported(f"the cast of {family(node.this) or 'an unknown type'} to {node.args['to'].sql('trino')}")


def _to_time(node: exp.Expr) -> exp.Expr:
    source, target = family(node.this), family(node) or ""
    if source == "text":
        if target == "date":
            return _call("trino_date", node.this)
        if not isinstance(node.this, exp.Literal):
            return _refuse_cast(node)
    elif source not in TIMES:
        return _refuse_cast(node)
    return _cast(node.this, {"date": "DATE", "timestamp": "TIMESTAMP"}.get(target, "TIMESTAMPTZ"))


def _cast_to(node: exp.Expr) -> exp.Expr:
    source, target = family(node.this), family(node)
    if isinstance(node.this, exp.Null):
        return node
    if target == "integer":
        converted = _to_integer(node)
    elif target in TIMES:
        converted = _to_time(node)
    elif target in ("double", "decimal") and source in NUMBERS:
        converted = _cast(node.this, node.args["to"].sql("duckdb"))
    elif target == "text" and source in ("text", "integer", "boolean", "date"):
        converted = _cast(node.this, "VARCHAR")
    else:
        converted = _refuse_cast(node)
    return _call("try", converted) if isinstance(node, exp.TryCast) else converted


def _unit(node: exp.Expr) -> exp.Expr:
    unit = (node.text("unit") or "").lower()
    if unit not in functions.UNITS:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid TIMESTAMP field")
    return exp.Literal.string(unit)


def _time(node: exp.Expr, function: str) -> str:
    name = family(node)
    if name not in TIMES:
        raise QueryError("FUNCTION_NOT_FOUND", f"line 1:1: Unexpected parameters ({name}) for function {function}")
    return name


def _date_trunc(node: exp.Expr) -> exp.Expr:
    truncated = _call("date_trunc", _unit(node), node.this)
    # DuckDB may return a timestamp for a date.
    return _cast(truncated, "DATE") if _time(node.this, "date_trunc") == "date" else truncated


def _date_diff(node: exp.Expr) -> exp.Expr:
    _time(node.this, "date_diff")
    _time(node.expression, "date_diff")
    # DuckDB's date_diff counts the boundaries between two times. Trino's counts complete units.
    return _call("date_sub", _unit(node), _cast(node.expression, "TIMESTAMP"), _cast(node.this, "TIMESTAMP"))


def _date_add(node: exp.Expr) -> exp.Expr:
    kind = _time(node.this, "date_add")
    if family(node.expression) != "integer":
        raise QueryError("FUNCTION_NOT_FOUND", "line 1:1: Unexpected parameters for function date_add")
    interval = exp.Mul(
        this=exp.Paren(this=node.expression.copy()),
        expression=exp.Interval(this=exp.Literal.string("1"), unit=exp.var(_unit(node).name)),
    )
    added = exp.Paren(this=exp.Add(this=node.this.copy(), expression=interval))
    return _cast(added, "DATE") if kind == "date" else added


def _to_iso8601(node: exp.Expr) -> exp.Expr:
    if node.name.lower() != "to_iso8601":
        return node
    value = node.expressions[0]
    formats = {"date": "%Y-%m-%d", "timestamp": "%Y-%m-%dT%H:%M:%S.%g"}
    kind = _time(value, "to_iso8601")
    return _call("strftime", value, exp.Literal.string(formats.get(kind, "%Y-%m-%dT%H:%M:%S.%gZ")))


def _approx_percentile(node: exp.Expr) -> exp.Expr:
    # Trino approximates. This is the exact value, as Trino's is for few values.
    return _call("quantile_disc", node.this, node.args["quantile"])


def _sum(node: exp.Expr) -> exp.Expr:
    kind = family(node.this)
    if kind not in ("integer", "double"):
        raise not_supported(f"the sum of {kind or 'an unknown type'}")
    return node


def _average(node: exp.Expr) -> exp.Expr:
    kind = family(node.this)
    if kind not in ("integer", "double"):
        raise not_supported(f"the average of {kind or 'an unknown type'}")
    return node


def _count_if(node: exp.Expr) -> exp.Expr:
    # DuckDB: NULL if the condition is never known. Trino: 0.
    counted = exp.Case(ifs=[exp.If(this=node.this.copy(), true=exp.Literal.number(1))])
    return exp.Count(this=counted, big_int=True)


_CORRECTIONS: dict[type[exp.Expr] | tuple[type[exp.Expr], ...], _Correction] = {
    (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE): _comparison,
    exp.Between: _between,
    exp.In: _in,
    (exp.Coalesce, exp.Nullif): _alternatives,
    exp.Case: _case,
    exp.If: _if,
    (exp.Add, exp.Sub, exp.Mul): _arithmetic,
    exp.Div: _division,
    exp.Mod: _modulo,
    exp.Cast: _cast_to,
    exp.Date: lambda node: _to_date(node),
    exp.Try: lambda node: _call("try", node.this),
    (exp.TimestampTrunc, exp.DateTrunc): _date_trunc,
    exp.DateDiff: _date_diff,
    exp.DateAdd: _date_add,
    exp.Anonymous: _to_iso8601,
    exp.FromISO8601Timestamp: lambda node: _call("trino_timestamp", node.this),
    exp.FromISO8601Date: lambda node: _call("trino_date", node.this),
    exp.UnixToTime: lambda node: _call("trino_from_unixtime", node.this),
    exp.TimeToUnix: lambda node: _call("epoch", node.this),
    exp.ApproxQuantile: _approx_percentile,
    exp.CountIf: _count_if,
    exp.Sum: _sum,
    exp.Avg: _average,
}


def _to_date(node: exp.Expr) -> exp.Expr:
    if family(node.this) == "text":
        return _call("trino_date", node.this)
    _time(node.this, "date")
    return _cast(node.this, "DATE")
