"""Athena's errors as responses."""

from typing import Any

from ministack.core.responses import error_response_json

Response = tuple[int, dict[str, str], bytes]


class AthenaError(Exception):
    """A request is refused."""

    def __init__(self, message: str, code: str = "InvalidRequestException", **members: str) -> None:
        super().__init__(message)
        self.code = code
        self.members = members

    def response(self) -> Response:
        """The error as a response."""
        answer: Response = error_response_json(self.code, str(self), 400, extra=dict(self.members))
        return answer


def invalid(message: str, athena_code: str = "INVALID_INPUT") -> AthenaError:
    """A request whose parameters are wrong."""
    return AthenaError(message, AthenaErrorCode=athena_code)


def text(data: dict[str, Any], name: str) -> str:
    """A required text member of a request."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} is required")
    return value
