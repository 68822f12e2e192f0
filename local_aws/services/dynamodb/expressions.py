"""Expressions are read once, not once for every item.

AWS: a Query reads what its key condition names, so its cost does not grow with what else is in the partition
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html).
Lacking here: MiniStack tokenises and checks the same expression again for every item of the partition, on the event
loop: with 1,000 items a Query for one of them keeps the whole server for 30 ms.
Hooked at: the pure functions of an expression's text. What they raise is not kept, and their results are not changed by
their callers.
"""

from functools import lru_cache
from typing import Any

from ministack.services import dynamodb

from local_aws.hooks import Hook
from local_aws.settings import Settings

_MODULE = "ministack.services.dynamodb"
HOOKS = (
    Hook(f"{_MODULE}:_tokenize", "expr"),
    Hook(f"{_MODULE}:_condition_syntax_error", "expr,slot"),
    Hook(f"{_MODULE}:_check_redundant_parens", "tokens,slot"),
    Hook(f"{_MODULE}:_check_reserved_keyword_usage", "tokens"),
)
# Expressions are few: values are not part of them.
_KEPT = 1024
_LONGEST = 4096  # characters, as on AWS; no longer one is kept
Tokens = tuple[tuple[str, str], ...]


def install(settings: Settings) -> None:
    """Remember what an expression's text comes to."""
    tokenize = dynamodb._tokenize
    kept = lru_cache(_KEPT)(lambda expression: tuple(tokenize(expression)))
    reserved = dynamodb._check_reserved_keyword_usage
    kept_reserved = lru_cache(_KEPT)(reserved)

    def tokens(expression: str) -> Tokens:
        return kept(expression) if len(expression) <= _LONGEST else tuple(tokenize(expression))

    def reserved_keyword_usage(tokens: Any) -> str | None:
        problem: str | None = (kept_reserved if isinstance(tokens, tuple) else reserved)(tokens)
        return problem

    dynamodb._tokenize = tokens
    dynamodb._condition_syntax_error = lru_cache(_KEPT)(dynamodb._condition_syntax_error)
    dynamodb._check_redundant_parens = lru_cache(_KEPT)(dynamodb._check_redundant_parens)
    dynamodb._check_reserved_keyword_usage = reserved_keyword_usage
