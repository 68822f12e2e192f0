"""Parses a query, and refuses what is not served."""

import re
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from local_aws.sql.trino import functions
from local_aws.sql.trino.errors import MalformedQuery, QueryError, UnsupportedStatement, not_supported

_DIALECT = "trino"
_UNLOAD = re.compile(r"\s*UNLOAD\s*(?=\()", re.IGNORECASE)
_TARGET = re.compile(r"\s*TO\s*'((?:[^']|'')+)'\s*(?:WITH\s*\((.*)\)\s*)?;?\s*", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"\s*(\w+)\s*=\s*'([^']*)'\s*(?:,|$)")
_COMMENT = re.compile(r"\s*(--[^\n]*(\n|$)|/\*.*?\*/)", re.DOTALL)
_SERVED_NODES = (
    *(exp.Select, exp.With, exp.CTE, exp.Subquery, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order),
    *(exp.Ordered, exp.Limit, exp.Distinct, exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star),
    *(exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Case, exp.If, exp.And, exp.Or, exp.Not, exp.Between, exp.In),
    *(exp.Is, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg),
    *(exp.Interval, exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam, exp.Var, exp.Window),
    *(exp.WindowSpec, exp.Filter, exp.Array, exp.Bracket, exp.Tuple, exp.Func),
)
_REFUSED_TOKENS = frozenset({TokenType.DCOLON, TokenType.ILIKE, TokenType.RLIKE, TokenType.DPIPE, TokenType.PARAMETER})
_VALUES_OF_THE_SESSION = ("CURRENT_", "LOCALTIME", "SESSION", "UTC_")
# Keywords that may stand before a parenthesis without a call.
_BEFORE_PARENTHESIS = frozenset(
    (
        *(
            "all",
            "and",
            "any",
            "array",
            "as",
            "between",
            "by",
            "case",
            "decimal",
            "distinct",
            "else",
            "except",
            "filter",
        ),
        *("from", "having", "in", "interval", "is", "join", "limit", "not", "on", "or", "over", "partition", "range"),
        *("rows", "select", "then", "timestamp", "using", "values", "when", "where", "with"),
    )
)


@dataclass(frozen=True)
class Statement:
    """A parsed statement: a SELECT, and where an UNLOAD writes its result."""

    select: exp.Select
    target: str | None = None
    properties: dict[str, str] | None = None

    @property
    def is_unload(self) -> bool:
        """Whether the statement is an UNLOAD."""
        return self.target is not None


def parse(sql: str) -> Statement:
    """Parse a SELECT, or an UNLOAD with one.

    Raises
    ------
    MalformedQuery
        The text is not Trino's SQL.
    UnsupportedStatement
        It is a statement of another kind.
    """
    while comment := _COMMENT.match(sql):
        sql = sql[comment.end() :]
    unload = _UNLOAD.match(sql)
    if unload is None:
        return Statement(_select(sql))
    end = _closing_parenthesis(sql, unload.end())
    target = _TARGET.fullmatch(sql, end + 1)
    if target is None:
        raise MalformedQuery("mismatched input. Expecting: 'TO'", *_place(sql, end + 1))
    inner = sql[unload.end() + 1 : end]
    return Statement(_select(inner), target[1].replace("''", "'"), _properties(target[2] or ""))


def _properties(text: str) -> dict[str, str]:
    properties: dict[str, str] = {}
    position = 0
    while position < len(text.rstrip()):
        match = _PROPERTY.match(text, position)
        if match is None:
            raise MalformedQuery(f"mismatched input {text[position:].strip()[:20]!r} in the properties of UNLOAD")
        properties[match[1].lower()] = match[2]
        position = match.end()
    return properties


def _closing_parenthesis(sql: str, start: int) -> int:
    depth = 0
    for token in _tokens(sql[start:]):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if not depth:
            return start + token.start
    raise MalformedQuery("mismatched input '<EOF>'. Expecting: ')'", *_place(sql, len(sql)))


def _place(sql: str, position: int) -> tuple[int, int]:
    before = sql[:position]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _tokens(sql: str) -> list[Token]:
    try:
        return sqlglot.tokenize(sql, read=_DIALECT)
    except TokenError as error:
        raise MalformedQuery(str(error).partition("\n")[0]) from error


def _select(sql: str) -> exp.Select:
    try:
        trees = [tree for tree in sqlglot.parse(sql, read=_DIALECT) if tree is not None]
    except (ParseError, TokenError) as error:
        detail = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        near = str(detail.get("highlight") or "<EOF>")
        raise MalformedQuery(f"mismatched input '{near}'", detail.get("line") or 1, detail.get("col") or 1) from error
    if len(trees) != 1:
        raise MalformedQuery("Only one sql statement is allowed")
    if isinstance(trees[0], exp.Condition | exp.Alias):
        # Text that begins with no keyword, such as `SELEC`, is an expression for sqlglot.
        raise MalformedQuery(f"mismatched input '{sql.split(maxsplit=1)[0]}'", 1, 1)
    if not isinstance(trees[0], exp.Select):
        raise UnsupportedStatement("Queries of this type are not supported")
    return trees[0]


def check_served(statement: Statement, sql: str) -> None:
    """Refuse functions and clauses that are not served.

    Raises
    ------
    QueryError
        FUNCTION_NOT_FOUND, SYNTAX_ERROR or NOT_SUPPORTED, with the place in the query.
    """
    select_sql = _UNLOAD.sub(lambda unload: " " * len(unload[0]), sql, count=1)
    _check_tokens(select_sql, _tokens(select_sql))
    for node in statement.select.walk():
        if not isinstance(node, _SERVED_NODES):
            raise not_supported(f"the clause {type(node).__name__.upper()}")
        if isinstance(node, exp.Star) and any(node.args.values()):
            raise not_supported("a changed *")
        if isinstance(node, exp.Join) and node.args.get("method"):
            raise not_supported(f"{node.args['method']} JOIN")


def _check_tokens(sql: str, tokens: list[Token]) -> None:
    for index, token in enumerate(tokens):
        if token.token_type in _REFUSED_TOKENS or token.token_type.name.startswith(_VALUES_OF_THE_SESSION):
            raise QueryError("NOT_SUPPORTED", f"'{token.text}' is not supported here", *_place(sql, token.start))
        if index + 1 < len(tokens) and tokens[index + 1].token_type == TokenType.L_PAREN:
            _check_call(token, _argument_count(tokens[index + 2 :]), _place(sql, token.start))


def _check_call(token: Token, arguments: int, place: tuple[int, int]) -> None:
    name = token.text.lower()
    is_quoted = token.token_type == TokenType.IDENTIFIER
    if not is_quoted and (not name[:1].isalpha() or _is_keyword(name)):
        return
    least, most = functions.ARGUMENTS.get(name, (-1, -1))
    if is_quoted or most < 0:
        raise QueryError("FUNCTION_NOT_FOUND", f"Function '{token.text}' not registered", *place)
    if not least <= arguments <= most:
        text = f"Unexpected parameters for function {name}: {arguments} arguments"
        raise QueryError("FUNCTION_NOT_FOUND", text, *place)


def _argument_count(after_parenthesis: list[Token]) -> int:
    depth, count = 0, 0
    for token in after_parenthesis:
        if token.token_type == TokenType.R_PAREN and not depth:
            break
        depth += token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET)
        depth -= token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET)
        count = max(count, 1) + (token.token_type == TokenType.COMMA and not depth)
    return count


def _is_keyword(name: str) -> bool:
    """Whether a word before a parenthesis is not a call; some keywords are several words, as `group by`."""
    return name in functions.SPECIAL or name.rpartition(" ")[2] in _BEFORE_PARENTHESIS
