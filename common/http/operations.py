"""The declarations of an API's routes, from which its contract is generated."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from chalice.app import Response

from common.http import problems
from common.http.problems import ProblemType


class NoQuery(msgspec.Struct):
    """The query of routes without parameters, which refuse any parameter."""


class ResponseSpec(msgspec.Struct, frozen=True):
    """A successful response: the type of its JSON body, if it has one, and its headers with a meaning."""

    body: Any = None
    headers: tuple[str, ...] = ()
    # The body is a page for browsers.
    html: bool = False
    # The body is CSV.
    csv: bool = False


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a client can know of a route; the view's docstring and annotations are part of it."""

    method: str
    path: str
    view: Callable[..., Response]
    summary: str
    returns: Mapping[int, ResponseSpec]
    body: Any = None
    query: Any = None
    headers: tuple[str, ...] = ()
    # The domain's exceptions that a client may meet.
    raises: tuple[type[Exception], ...] = ()
    public: bool = False
    # The Cognito group that a caller must be in; empty if every user may call.
    group: str = ""
    # What other users get.
    refusal: ProblemType = problems.FORBIDDEN
    # The body may also be sent as an HTML form.
    form: bool = False
    # People follow links here, to which mail programs and social networks add parameters: unknown ones are ignored.
    ignores_unknown_parameters: bool = False
    # For how long API Gateway's cache keeps a response, errors included; 0 if it keeps none.
    cached_seconds: int = 0
    # All problems that a client may meet; `Api` derives them from the declaration.
    problems: tuple[ProblemType, ...] = ()


def implied_problems(operation: Operation) -> tuple[ProblemType, ...]:
    """Return the problems that follow from the declaration itself, without the domain's exceptions."""
    implied: list[ProblemType] = [problems.INVALID_QUERY]
    if not operation.public:
        implied.append(problems.UNAUTHENTICATED)
    if operation.group:
        implied.append(operation.refusal)
    if operation.headers:
        implied.append(problems.INVALID_HEADER)
    if operation.body:
        implied += [problems.MALFORMED_BODY, problems.BODY_TOO_LARGE, problems.UNSUPPORTED_MEDIA_TYPE]
        implied.append(problems.INVALID_FIELD)
    return (*implied, problems.INTERNAL_ERROR, problems.UNAVAILABLE)
