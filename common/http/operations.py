"""What an API's routes declare, and its contract is generated from."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from chalice.app import Response

from common.http import problems
from common.http.problems import ProblemType


class NoQuery(msgspec.Struct):
    """Of routes without parameters: one that is sent anyway is refused, as elsewhere."""


class ResponseSpec(msgspec.Struct, frozen=True):
    """A successful answer: the type of its JSON body, if it has one, and its headers that mean something."""

    body: Any = None
    headers: tuple[str, ...] = ()
    # Browsers get a page.
    html: bool = False


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a client can know of one route; the view's docstring and annotations are part of it."""

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
    # The Cognito group that a caller must be in, if not everybody may.
    group: str = ""
    # The body may come as an HTML form, too.
    form: bool = False
    # All problems that a client may meet, by what is declared above; `Api` adds them.
    problems: tuple[ProblemType, ...] = ()


def implied_problems(body: Any, headers: tuple[str, ...], public: bool, group: str = "") -> tuple[ProblemType, ...]:
    """Return the problems that follow from a declaration itself."""
    kinds: list[ProblemType] = [problems.INVALID_QUERY]
    if not public:
        kinds.append(problems.UNAUTHENTICATED)
    if group:
        kinds.append(problems.FORBIDDEN)
    if headers:
        kinds.append(problems.INVALID_HEADER)
    if body:
        kinds += [problems.MALFORMED_BODY, problems.BODY_TOO_LARGE, problems.UNSUPPORTED_MEDIA_TYPE]
        kinds.append(problems.INVALID_FIELD)
    return (*kinds, problems.INTERNAL_ERROR, problems.UNAVAILABLE)
