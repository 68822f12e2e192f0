"""Exceptions as error answers."""

import logging
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Response

from common.aws.clients import is_temporary
from common.http import problems
from common.http.problems import FieldError, Problem, ProblemType

_CHALICE_ERRORS = {
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    415: problems.UNSUPPORTED_MEDIA_TYPE,
}


class ErrorHandler:
    """Answers exceptions; `errors` are the domain's and the kind of problem that each is.

    An exception may say by `retry_after_seconds` when the same request may succeed; without it that is soon.
    """

    def __init__(self, errors: Mapping[type[Exception], ProblemType], log: logging.Logger) -> None:
        self._errors = errors
        self._log = log

    def kinds(self, raised: tuple[type[Exception], ...]) -> tuple[ProblemType, ...]:
        """Return the kinds of problem that some of the domain's exceptions are."""
        return tuple(self._errors[error] for error in raised)

    def answer(self, error: Exception, request_id: str) -> Response:
        """Answer one exception; log what is not the client's doing."""
        if isinstance(error, Problem):
            return error.response(request_id)
        if kind := self._errors.get(type(error)):
            seconds = getattr(error, "retry_after_seconds", 1)
            headers = {"Retry-After": str(seconds)} if kind.status in (429, 503) else {}
            return Problem(kind, str(error), _blamed(error), headers).response(request_id)
        if isinstance(error, ClientError | BotoCoreError) and is_temporary(error):
            self._log.warning("a service is unavailable", exc_info=error, extra={"requestId": request_id})
            return Problem(problems.UNAVAILABLE, headers={"Retry-After": "1"}).response(request_id)
        self._log.error("unexpected error", exc_info=error, extra={"requestId": request_id})
        return Problem(problems.INTERNAL_ERROR).response(request_id)


def as_problem(response: Response, request_id: str) -> Response:
    """Rewrite the errors that Chalice itself answers."""
    if response.status_code < 400 or not isinstance(response.body, dict):
        return response
    kind = _CHALICE_ERRORS.get(response.status_code, problems.INTERNAL_ERROR)
    return Problem(kind, headers=response.headers).response(request_id)


def _blamed(error: Exception) -> list[FieldError]:
    """Return the field that a domain's exception names, if it names one."""
    field = getattr(error, "field", None)
    return [] if field is None else [FieldError(field, getattr(error, "detail", ""))]
