"""Errors as RFC 9457 problem documents: https://www.rfc-editor.org/rfc/rfc9457"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from chalice.app import Response
from msgspec import Meta

CONTENT_TYPE = "application/problem+json"
# A `tag` URI (RFC 4151) identifies a problem type and promises no page at an address.
TYPE_PREFIX = "tag:quartet.example,2026:"


class ProblemType(msgspec.Struct, frozen=True):
    """A problem type of RFC 9457: what all its occurrences have in common."""

    status: int
    name: str
    title: str

    @property
    def type(self) -> str:
        """The URI that identifies the problem type."""
        return TYPE_PREFIX + self.name


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field, query parameter or header."""

    field: Annotated[str, Meta(examples=["limit"])]
    detail: Annotated[str, Meta(examples=["must be a whole number, 1 or more"])]


class ProblemDocument(msgspec.Struct, omit_defaults=True, rename="camel"):
    """The body of every error response."""

    type: Annotated[str, Meta(description="The problem type, as a URI.")]
    title: Annotated[str, Meta(description="A short text that is the same for every problem of this type.")]
    # API Gateway's own responses have none where no problem type is declared for them.
    status: int | msgspec.UnsetType = msgspec.UNSET
    detail: Annotated[str, Meta(description="What is wrong with this request.")] = ""
    errors: Annotated[list[FieldError], Meta(description="The fields, parameters or headers that are not valid.")] = []
    request_id: Annotated[str, Meta(description="Identifies the request in the logs.")] = ""


class Problem(Exception):
    """An error response: its problem type, what is wrong with this request, and the fields that are not valid."""

    def __init__(
        self,
        problem_type: ProblemType,
        detail: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str | list[str]] | None = None,
    ) -> None:
        super().__init__(problem_type.name, detail)
        self.problem_type = problem_type
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def response(self, request_id: str = "") -> Response:
        """Build the HTTP response; `request_id` identifies the request in the logs."""
        document = ProblemDocument(
            type=self.problem_type.type,
            title=self.problem_type.title,
            status=self.problem_type.status,
            detail=self.detail,
            errors=self.errors,
            request_id=request_id,
        )
        headers: dict[str, str | list[str]] = {
            "Content-Type": CONTENT_TYPE,
            "Cache-Control": "no-store",
            **self.headers,
        }
        return Response(msgspec.json.encode(document).decode(), headers, self.problem_type.status)


MALFORMED_BODY = ProblemType(400, "malformed-body", "The body is not a well-formed JSON object")
INVALID_QUERY = ProblemType(400, "invalid-query", "A query parameter is not valid")
INVALID_HEADER = ProblemType(400, "invalid-header", "A header is not valid")
UNAUTHENTICATED = ProblemType(401, "unauthenticated", "A valid ID token is required")
FORBIDDEN = ProblemType(403, "forbidden", "The token does not allow this request")
NOT_FOUND = ProblemType(404, "not-found", "No resource has this address")
METHOD_NOT_ALLOWED = ProblemType(405, "method-not-allowed", "The resource does not support this method")
BODY_TOO_LARGE = ProblemType(413, "body-too-large", "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType(415, "unsupported-media-type", "The body must be JSON")
INVALID_FIELD = ProblemType(422, "invalid-field", "A field is not valid")
INTERNAL_ERROR = ProblemType(500, "internal-error", "An internal error occurred")
UNAVAILABLE = ProblemType(503, "unavailable", "The service is busy; try again shortly")


def invalid_query(name: str, detail: str) -> Problem:
    """Make the problem of a query parameter that is not valid."""
    return _invalid(INVALID_QUERY, name, detail)


def invalid_header(name: str, detail: str) -> Problem:
    """Make the problem of a header that is not valid."""
    return _invalid(INVALID_HEADER, name, detail)


def invalid_field(name: str, detail: str) -> Problem:
    """Make the problem of a field of the body that is not valid."""
    return _invalid(INVALID_FIELD, name, detail)


def _invalid(problem_type: ProblemType, name: str, detail: str) -> Problem:
    return Problem(problem_type, f"{name}: {detail}" if name else detail, [FieldError(name, detail)])
