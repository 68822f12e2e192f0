"""Policy variables: `${key}` in a policy stands for the request's value of that condition key.

AWS substitutes them in `Resource`, `NotResource` and condition values of policies whose version is 2012-10-17. The
value is text, never a wildcard. `${*}`, `${?}` and `${$}` stand for these characters themselves. `${key, 'default'}`
has a default. A variable whose key is absent or has several values has no value: nothing is equal to it or like it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

This MiniStack compares them literally, so a policy with variables never matches. Its wildcards also stop at a line
break, which an S3 key may contain: a Deny would not match such a key.
"""

import dataclasses
import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from ministack.core import iam_evaluator

from local_aws.hooks import replaces, wraps

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"\s*(?P<key>[^,]+?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?")
# Inside a pattern these two private characters stand for a `*` and a `?` that came from a value.
_LITERALS = {"*": "\ue000", "?": "\ue001"}
_LITERAL_PATTERNS = {"\ue000": r"\*", "\ue001": r"\?"}
_PATTERN_OPERATORS = re.compile(
    r"(?:.*:)?(?:string(?:not)?like|arn(?:not)?(?:equals|like))(?:ifexists)?", re.IGNORECASE
)
_policy_version: ContextVar[str] = ContextVar("policy_version", default="2008-10-17")


class _NoValue(Exception):
    """A variable has no value in this request."""


class _Null(str):
    """What a variable without a value becomes: equal to nothing, whatever a client sends."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def __str__(self) -> str:
        return self

    def lower(self) -> str:
        return self


@wraps("ministack.core.iam_evaluator:parse_policy_document")
def _parse_policy_document(parse: Callable[..., list[Any]], doc: Any) -> list[Any]:
    """Parse a document once for all requests: another text is another document, and statements are not changed."""
    return list(_parsed(parse, doc, _policy_version.get())) if isinstance(doc, str) else _marked(parse, doc)


@lru_cache(maxsize=1024)
def _parsed(parse: Callable[..., list[Any]], text: str, _default_version: str) -> tuple[Any, ...]:
    return tuple(_marked(parse, text))


def _marked(parse: Callable[..., list[Any]], doc: Any) -> list[Any]:
    """The statements of a document; those in which variables are substituted are marked."""
    statements = parse(doc)
    if _version(doc) == "2012-10-17":
        for statement in statements:
            statement.has_variables = "${" in repr(statement)
    return statements


@wraps("ministack.core.iam_evaluator:evaluate_resource_policy")
def _evaluate_resource_policy(evaluate: Callable[..., Any], doc: Any, *args: Any, **kwargs: Any) -> Any:
    """Keep the policy's version: its statements that apply are parsed again without it."""
    token = _policy_version.set(_version(doc))
    try:
        return evaluate(doc, *args, **kwargs)
    finally:
        _policy_version.reset(token)


@wraps("ministack.core.iam_evaluator:_first_match")
def _first_match(match: Callable[..., Any], ctx: Any, stmts: list[Any], effect: str) -> Any:
    return match(ctx, [_substituted(statement, ctx) for statement in stmts], effect)


def _version(doc: Any) -> str:
    if isinstance(doc, str):
        # Only the version is read here, so that MiniStack's own parsing of policies stays as it is.
        match = re.search(r'"Version"\s*:\s*"([^"]*)"', doc)
        return match[1] if match else _policy_version.get()
    return str(doc.get("Version", _policy_version.get())) if isinstance(doc, dict) else _policy_version.get()


def _substituted(statement: Any, ctx: Any) -> Any:
    if not getattr(statement, "has_variables", False):
        return statement
    if not iam_evaluator._action_matches(ctx.action, statement.actions, statement.not_actions):
        return statement
    return dataclasses.replace(
        statement,
        resources=[_expanded(value, ctx, is_pattern=True) for value in statement.resources],
        not_resources=[_expanded(value, ctx, is_pattern=True) for value in statement.not_resources],
        conditions={
            operator: {key: _expanded_values(operator, values, ctx) for key, values in keys.items()}
            for operator, keys in statement.conditions.items()
        },
    )


def _expanded_values(operator: str, values: Any, ctx: Any) -> list[Any]:
    is_pattern = _PATTERN_OPERATORS.fullmatch(operator) is not None
    listed = values if isinstance(values, list) else [values]
    return [_expanded(value, ctx, is_pattern) if isinstance(value, str) else value for value in listed]


def _expanded(template: str, ctx: Any, is_pattern: bool) -> str:
    def value(match: re.Match[str]) -> str:
        text = _value(match[1], ctx)
        if not is_pattern:
            return text
        return "".join(_LITERALS.get(character, character) for character in text)

    try:
        return _VARIABLE.sub(value, template)
    except _NoValue:
        return _Null()


def _value(variable: str, ctx: Any) -> str:
    if variable in ("*", "?", "$"):
        return variable
    parts = _DEFAULT.fullmatch(variable)
    if parts is None:
        raise _NoValue
    value = iam_evaluator._resolve_condition_key(parts["key"], ctx)
    if value is None or isinstance(value, list | tuple):
        value = parts["default"]
    if value is None or any(reserved in str(value) for reserved in _LITERAL_PATTERNS):
        raise _NoValue
    return str(value)


@replaces("ministack.core.iam_evaluator:_fnmatch_compile")
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(r"(?!)") if isinstance(pattern, _Null) else _wildcards(pattern, ignore_case)


@lru_cache(maxsize=4096)
def _wildcards(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."} | _LITERAL_PATTERNS
    body = "".join(wildcards.get(character) or re.escape(character) for character in pattern)
    return re.compile(rf"{body}\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))
