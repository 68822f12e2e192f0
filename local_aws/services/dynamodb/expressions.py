"""Parses each expression once, not once for each item.

AWS: a Query reads the items of its key condition, so its cost does not grow with the other items of the partition
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html).
Lacking here: MiniStack tokenises and checks the same expression again for each item of the partition, on the event
loop: with 1,000 items a Query for one of them occupies the whole server for 30 ms.
The hooks are on pure functions of an expression's text, whose results callers do not change. Errors are not cached.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from local_aws.hooks import wraps

# There are few expressions, because values are not part of them. Each is cached once for each check.
_CACHED = 4096
_MAX_CHARACTERS = 4096  # characters, as on AWS; longer ones are not cached
Tokens = tuple[tuple[str, str], ...]


@lru_cache(_CACHED)
def _result(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


@lru_cache(_CACHED)
def _tokens(tokenize: Callable[[str], Iterable[Any]], expression: str) -> Tokens:
    return tuple(tokenize(expression))


@wraps("ministack.services.dynamodb:_tokenize")
def _tokenize(tokenize: Callable[[str], Iterable[Any]], expr: str) -> Tokens:
    return _tokens(tokenize, expr) if len(expr) <= _MAX_CHARACTERS else tuple(tokenize(expr))


@wraps("ministack.services.dynamodb:_condition_syntax_error", "ministack.services.dynamodb:_check_redundant_parens")
def _check(check: Callable[..., str | None], *arguments: Any, **named: Any) -> str | None:
    problem: str | None = check(*arguments, **named) if named else _result(check, *arguments)
    return problem


@wraps("ministack.services.dynamodb:_check_reserved_keyword_usage")
def _check_tokens(check: Callable[[Any], str | None], tokens: Any) -> str | None:
    problem: str | None = _result(check, tokens) if isinstance(tokens, tuple) else check(tokens)
    return problem
