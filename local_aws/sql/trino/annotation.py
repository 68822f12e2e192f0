"""Infers the type of each expression of a query, by Trino's rules where sqlglot's differ."""

from typing import Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.optimizer.annotate_types import annotate_types

_Type = exp.DataType.Type


def annotate(select: exp.Select, columns: dict[str, dict[str, str]]) -> exp.Select:
    """Set the types of all expressions; `columns` has the types of the columns by table."""
    return annotate_types(select, schema=dict(columns), expression_metadata=_METADATA, dialect=Trino)


def _of_literal(annotator: Any, node: exp.Literal) -> exp.Expr:
    """A number with a point and without an exponent is a decimal: https://trino.io/docs/current/language/types.html."""
    if node.is_string:
        return _set(annotator, node, _Type.VARCHAR)
    text = node.name.lower()
    kind = _Type.DOUBLE if "e" in text else _Type.DECIMAL if "." in text else _Type.INT
    return _set(annotator, node, kind)


def _of_cast(annotator: Any, node: exp.Cast) -> exp.Expr:
    """Without precision: a decimal and a double together are a double."""
    return _set(annotator, node, node.to.this)


def _of_to_iso8601(annotator: Any, node: exp.Anonymous) -> exp.Expr:
    return _set(annotator, node, _Type.VARCHAR)


def _of_argument(annotator: Any, node: exp.Expr) -> exp.Expr:
    return _set(annotator, node, node.this.type.this if node.this.type else _Type.UNKNOWN)


def _set(annotator: Any, node: exp.Expr, kind: Any) -> exp.Expr:
    annotator._set_type(node, kind)
    return node


def _returns(kind: Any) -> dict[str, Any]:
    return {"returns": kind}


_LIKE_THEIR_ARGUMENT = (*(exp.TimestampTrunc, exp.DateTrunc, exp.DateAdd, exp.Try, exp.ApproxQuantile),)
_METADATA: Any = {
    **Trino.EXPRESSION_METADATA,
    exp.Literal: {"annotator": _of_literal},
    exp.Cast: {"annotator": _of_cast},
    exp.TryCast: {"annotator": _of_cast},
    exp.Anonymous: {"annotator": _of_to_iso8601},
    **{function: {"annotator": _of_argument} for function in _LIKE_THEIR_ARGUMENT},
    exp.TimeToUnix: _returns(_Type.DOUBLE),
    exp.UnixToTime: _returns(_Type.TIMESTAMPTZ),
    exp.FromISO8601Timestamp: _returns(_Type.TIMESTAMPTZ),
    exp.FromISO8601Date: _returns(_Type.DATE),
    exp.DateDiff: _returns(_Type.BIGINT),
}
