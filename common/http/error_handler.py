"""Exceptions as error responses."""

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
    """Answers exceptions; `errors` maps the domain's exceptions to their problem types.

    An exception with an attribute `retry_after_seconds` sets the response's Retry-After, which is 1 otherwise.
    """

    def __init__(self, errors: Mapping[type[Exception], ProblemType], log: logging.Logger) -> None:
        self._errors = errors
        self._log = log

    def problem_types(self, raised: tuple[type[Exception], ...]) -> tuple[ProblemType, ...]:
        """Return the problem types of some of the domain's exceptions."""
        return tuple(self._errors[error] for error in raised)

    def response(self, error: Exception, request_id: str) -> Response:
        """Answer an exception, and log it unless the client caused it."""
        if isinstance(error, Problem):
            return error.response(request_id)
        if problem_type := self._errors.get(type(error)):
            return Problem(problem_type, str(error), _field_errors(error), _headers(error, problem_type)).response(
                request_id
            )
        if isinstance(error, ClientError | BotoCoreError) and is_temporary(error):
            self._log.warning("a service is unavailable", exc_info=error, extra={"requestId": request_id})
            return Problem(problems.UNAVAILABLE, headers={"Retry-After": "1"}).response(request_id)
        self._log.error("unexpected error", exc_info=error, extra={"requestId": request_id})
        return Problem(problems.INTERNAL_ERROR).response(request_id)


def as_problem(response: Response, request_id: str) -> Response:
    """Turn an error response of Chalice itself into a problem."""
    if response.status_code < 400 or not isinstance(response.body, dict):
        return response
    problem_type = _CHALICE_ERRORS.get(response.status_code, problems.INTERNAL_ERROR)
    return Problem(problem_type, headers=response.headers).response(request_id)


def _headers(error: Exception, problem_type: ProblemType) -> dict[str, str]:
    if problem_type.status in (429, 503):
        return {"Retry-After": str(getattr(error, "retry_after_seconds", 1))}
    # https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2
    return {"WWW-Authenticate": "Bearer"} if problem_type.status == 401 else {}


def _field_errors(error: Exception) -> list[FieldError]:
    """Return the field that an exception of the domain names, if it names one."""
    field = getattr(error, "field", None)
    return [] if field is None else [FieldError(field, getattr(error, "detail", ""))]
