"""Errors as RFC 9457 problem documents: https://www.rfc-editor.org/rfc/rfc9457"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from chalice.app import Response
from msgspec import Meta

CONTENT_TYPE = "application/problem+json"
# A `tag` URI (RFC 4151) names a kind of problem without promising a page behind it.
TYPE_PREFIX = "tag:quartet.example,2026:"


class ProblemType(msgspec.Struct, frozen=True):
    """One kind of problem: what every occurrence has in common."""

    status: int
    name: str
    title: str

    @property
    def type(self) -> str:
        """The URI that identifies this kind."""
        return TYPE_PREFIX + self.name


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field, query parameter or header."""

    field: Annotated[str, Meta(examples=["limit"])]
    detail: Annotated[str, Meta(examples=["Expected int >= 1"])]


class ProblemDocument(msgspec.Struct, omit_defaults=True, rename="camel"):
    """The body of every error answer."""

    type: Annotated[str, Meta(description="The kind of problem.")]
    title: Annotated[str, Meta(description="What every occurrence of this kind has in common.")]
    # API Gateway's answers to what nobody foresaw have none.
    status: int | msgspec.UnsetType = msgspec.UNSET
    detail: Annotated[str, Meta(description="What happened this time.")] = ""
    errors: Annotated[list[FieldError], Meta(description="The fields, parameters or headers to blame.")] = []
    request_id: Annotated[str, Meta(description="To quote to an operator.")] = ""


class Problem(Exception):
    """An error answer: its kind, what happened this time, and which fields are to blame."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str | list[str]] | None = None,
    ) -> None:
        super().__init__(kind.name, detail)
        self.kind = kind
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def response(self, request_id: str = "") -> Response:
        """Build the HTTP answer; `request_id` is what a user can quote to an operator."""
        kind = self.kind
        document = ProblemDocument(kind.type, kind.title, kind.status, self.detail, self.errors, request_id)
        headers: dict[str, str | list[str]] = {
            "Content-Type": CONTENT_TYPE,
            "Cache-Control": "no-store",
            **self.headers,
        }
        return Response(msgspec.json.encode(document).decode(), headers, kind.status)


MALFORMED_BODY = ProblemType(400, "malformed-body", "The body is not a well-formed JSON object")
INVALID_QUERY = ProblemType(400, "invalid-query", "A query parameter is not valid")
INVALID_HEADER = ProblemType(400, "invalid-header", "A header is not valid")
UNAUTHENTICATED = ProblemType(401, "unauthenticated", "A valid ID token is required")
FORBIDDEN = ProblemType(403, "forbidden", "This token does not allow this")
NOT_FOUND = ProblemType(404, "not-found", "There is nothing at this address")
METHOD_NOT_ALLOWED = ProblemType(405, "method-not-allowed", "This address does not have this method")
BODY_TOO_LARGE = ProblemType(413, "body-too-large", "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType(415, "unsupported-media-type", "The body must be JSON")
INVALID_FIELD = ProblemType(422, "invalid-field", "A field is not valid")
INTERNAL_ERROR = ProblemType(500, "internal-error", "Something went wrong here")
UNAVAILABLE = ProblemType(503, "unavailable", "Busy; try again shortly")


def invalid_query(name: str, detail: str) -> Problem:
    """Blame one query parameter."""
    return _blaming(INVALID_QUERY, name, detail)


def invalid_header(name: str, detail: str) -> Problem:
    """Blame one header."""
    return _blaming(INVALID_HEADER, name, detail)


def invalid_field(name: str, detail: str) -> Problem:
    """Blame one field of the body."""
    return _blaming(INVALID_FIELD, name, detail)


def _blaming(kind: ProblemType, name: str, detail: str) -> Problem:
    return Problem(kind, f"{name}: {detail}" if name else detail, [FieldError(name, detail)])
