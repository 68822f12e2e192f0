"""The functions of Redshift that are translated, each with a test; all others are refused.

https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions.html
"""

from sqlglot import exp

from local_aws.sql.redshift.errors import not_supported

# sqlglot reads a function as one of these classes and writes it for DuckDB.
SUPPORTED: tuple[type[exp.Expression], ...] = (
    # aggregates
    exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Median, exp.PercentileCont, exp.ApproxDistinct,
    exp.StddevSamp, exp.Stddev, exp.GroupConcat,
    # window functions
    exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue,
    # conditions
    exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Nvl2, exp.DecodeCase, exp.Greatest, exp.Least, exp.Cast, exp.Exists,
    exp.And, exp.Or,
    # numbers
    exp.Abs, exp.Round, exp.Ceil, exp.Floor, exp.Sqrt, exp.Trunc,
    # text
    exp.Upper, exp.Lower, exp.Length, exp.Trim, exp.Substring, exp.Left, exp.Right, exp.SplitPart, exp.Replace,
    # time
    exp.CurrentDate, exp.CurrentTimestamp, exp.TimestampTrunc, exp.TsOrDsAdd, exp.TsOrDsDiff, exp.Extract,
    exp.TimeToStr, exp.ConvertTimezone,
)  # fmt: skip
_TIME_FORMAT_PARTS = {"%Y", "%m", "%d", "%H", "%M", "%S", "%y"}
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


def translate(tree: exp.Expression) -> exp.Expression:
    """Correct what sqlglot writes for DuckDB with another meaning; raises SqlError for functions that are refused."""
    for node in list(tree.find_all(exp.Func)):
        if not isinstance(node, SUPPORTED):
            raise not_supported(f"The function {_name(node)}")
        if isinstance(node, exp.TimeToStr):
            _check_time_format(node)
        elif isinstance(node, exp.CurrentTimestamp):
            # GETDATE and SYSDATE are timestamps without a time zone.
            node.replace(exp.cast(exp.CurrentTimestamp(), "timestamp"))
        elif isinstance(node, exp.ApproxDistinct):
            node.replace(exp.Count(this=exp.Distinct(expressions=[node.this.copy()])))
        elif isinstance(node, exp.Avg):
            _truncate_average(node)
    return tree


def column_name(projection: exp.Expression) -> str:
    """The name of a result column without alias: the function's, or `?column?`."""
    if isinstance(projection, exp.Window):
        return column_name(projection.this)
    if isinstance(projection, exp.WithinGroup):
        return column_name(projection.this)
    if isinstance(projection, exp.Cast):
        return projection.this.name if isinstance(projection.this, exp.Column) else column_name(projection.this)
    if isinstance(projection, exp.Case):
        return "case"
    if isinstance(projection, exp.Func) and not isinstance(projection, (exp.And, exp.Or)):
        return _name(projection).lower()
    return "?column?"


def _name(node: exp.Func) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).upper()
    names = {exp.TimestampTrunc: "DATE_TRUNC", exp.CurrentTimestamp: "GETDATE", exp.TimeToStr: "TO_CHAR"}
    names |= {exp.TsOrDsAdd: "DATEADD", exp.TsOrDsDiff: "DATEDIFF", exp.Extract: "DATE_PART"}
    return names.get(type(node)) or node.sql_name()


def _check_time_format(node: exp.TimeToStr) -> None:
    text = node.args["format"].name
    parts = {text[i : i + 2] for i, character in enumerate(text) if character == "%"}
    rest = "".join(text.split("%")[0:1] + [part[1:] for part in text.split("%")[1:]])
    if not node.args["format"].is_string or not parts <= _TIME_FORMAT_PARTS or any(c.isalpha() for c in rest):
        raise not_supported(f"The format {text} of TO_CHAR")


def _truncate_average(node: exp.Avg) -> None:
    """AVG of integers is an integer: https://docs.aws.amazon.com/redshift/latest/dg/r_AVG.html"""
    whole = node.parent if isinstance(node.parent, exp.Window) else node
    sample = whole.copy()
    inner = sample.this if isinstance(sample, exp.Window) else sample
    value = inner.this.expressions[0] if isinstance(inner.this, exp.Distinct) else inner.this
    any_value: exp.Expression = exp.Anonymous(this="any_value", expressions=[value.copy()])
    if isinstance(sample, exp.Window):
        sample.set("this", any_value)
        any_value = sample
    is_integer = exp.In(
        this=exp.Anonymous(this="typeof", expressions=[any_value]),
        expressions=[exp.Literal.string(name) for name in _INTEGERS],
    )
    average = whole.copy()
    case = exp.Case().when(is_integer, exp.Anonymous(this="trunc", expressions=[average.copy()])).else_(average)
    whole.replace(case)
