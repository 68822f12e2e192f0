"""Parses one Redshift statement, and puts the values of named parameters into it."""

import itertools
import logging
from collections.abc import Mapping
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from local_aws.sql.redshift.errors import SqlError, syntax_error


class _Words(Redshift.Tokenizer):
    """Splits every statement into words; sqlglot's own keeps the rest of some commands as one."""

    COMMANDS: ClassVar[set[TokenType]] = set()


_DIALECT = Redshift()
# sqlglot logs a warning for each statement that it does not parse itself.
logging.getLogger("sqlglot").setLevel(logging.ERROR)
# Redshift prepares these statements, so that they may have parameters.
# https://docs.aws.amazon.com/redshift/latest/dg/r_PREPARE.html
_WITH_PARAMETERS = (exp.Query, exp.Insert, exp.Update, exp.Delete)


def tokens_of(sql: str) -> list[Token]:
    """The tokens of a statement, without comments and the last semicolon.

    Raises
    ------
    SqlError
        The text is empty or has several statements.
    """
    try:
        tokens = _words(sql)
    except TokenError as error:
        raise SqlError("unterminated quoted string") from error
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise SqlError("syntax error at end of input")
    if any(token.token_type == TokenType.SEMICOLON for token in tokens):
        raise SqlError("Multiple SQL statements aren't allowed")
    return tokens


def parse(sql: str) -> exp.Expression:
    """Parse one statement; raises SqlError for a syntax error."""
    tokens_of(sql)
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect=_DIALECT) if tree is not None]
    except ParseError as error:
        highlights = [part["highlight"] for part in error.errors if part.get("highlight")]
        raise syntax_error(highlights[0] if highlights else sql.split(maxsplit=1)[0]) from error
    # Text that begins with no keyword, such as `SELEC`, is an expression for sqlglot.
    if len(trees) != 1 or not isinstance(trees[0], exp.Expression) or isinstance(trees[0], exp.Condition | exp.Alias):
        raise syntax_error(sql.split(maxsplit=1)[0])
    return trees[0]


def parameters_in(sql: str) -> set[str]:
    """The names of the parameters in a statement: `:name`, not in a quoted string, not a cast `::type`.

    An empty set for SQL that cannot be parsed: the statement fails when it runs.
    """
    try:
        tokens = _words(sql)
    except TokenError:
        return set()
    pairs = itertools.pairwise(tokens)
    return {name.text for colon, name in pairs if colon.token_type == TokenType.COLON and _is_name(name, colon.end + 1)}


def bind(tree: exp.Expression, values: Mapping[str, str]) -> exp.Expression:
    """Replace named parameters by string literals, whose type follows from their use, as in Redshift."""
    placeholders = list(tree.find_all(exp.Placeholder))
    if placeholders and not isinstance(tree, _WITH_PARAMETERS):
        raise syntax_error("$1")
    for placeholder in placeholders:
        name = placeholder.name
        if name not in values:
            raise syntax_error(":")
        placeholder.replace(exp.Literal.string(values[name]))
    return tree


def _words(sql: str) -> list[Token]:
    # A tokenizer keeps the text that it is at, and threads parse at the same time.
    return _Words(_DIALECT).tokenize(sql)


def _is_name(token: Token, start: int) -> bool:
    return token.start == start and token.text.isidentifier() and token.token_type != TokenType.STRING
