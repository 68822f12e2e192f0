"""Expressions are read once, not once for every item.

AWS: a Query reads what its key condition names, so its cost does not grow with what else is in the partition
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html).
Lacking here: MiniStack tokenises and checks the same expression again for every item of the partition, on the event
loop: with 1,000 items a Query for one of them keeps the whole server for 30 ms.
Hooked at: the pure functions of an expression's text. What they raise is not kept, and their results are not changed by
their callers.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from local_aws.hooks import wraps

# Expressions are few: values are not part of them. Each is kept once for each check.
_KEPT = 4096
_LONGEST = 4096  # characters, as on AWS; no longer one is kept
Tokens = tuple[tuple[str, str], ...]


@lru_cache(_KEPT)
def _result(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


@lru_cache(_KEPT)
def _tokens(tokenize: Callable[[str], Iterable[Any]], expression: str) -> Tokens:
    return tuple(tokenize(expression))


@wraps("ministack.services.dynamodb:_tokenize")
def _tokenize(tokenize: Callable[[str], Iterable[Any]], expr: str) -> Tokens:
    return _tokens(tokenize, expr) if len(expr) <= _LONGEST else tuple(tokenize(expr))


@wraps("ministack.services.dynamodb:_condition_syntax_error", "ministack.services.dynamodb:_check_redundant_parens")
def _check(check: Callable[..., str | None], *arguments: Any, **named: Any) -> str | None:
    problem: str | None = check(*arguments, **named) if named else _result(check, *arguments)
    return problem


@wraps("ministack.services.dynamodb:_check_reserved_keyword_usage")
def _check_tokens(check: Callable[[Any], str | None], tokens: Any) -> str | None:
    problem: str | None = _result(check, tokens) if isinstance(tokens, tuple) else check(tokens)
    return problem
