"""HTML forms: `application/x-www-form-urlencoded` into typed structs."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from common.http import problems
from common.http.bodies import MAX_BYTES, utf8, validation_problem
from common.http.problems import Problem

MEDIA_TYPE = "application/x-www-form-urlencoded"
T = TypeVar("T", bound=msgspec.Struct)


def is_form(content_type: str | None) -> bool:
    """Whether a request's body is a form."""
    return (content_type or "").split(";")[0].strip().lower() == MEDIA_TYPE


def decode(raw: bytes | str, struct: type[T]) -> T:
    """Validate a form's fields. An empty field counts as absent, since a browser sends every field of a form.

    Raises
    ------
    Problem
        413: it is too large. 400: it is not a form, or has a field more than once. 422: a field is unknown, missing or
        not valid.
    """
    try:
        return msgspec.convert({name: value for name, value in fields(raw).items() if value}, struct, strict=False)
    except msgspec.ValidationError as error:
        raise validation_problem(error, struct) from error


def fields(raw: bytes | str) -> dict[str, str]:
    """Return a form's fields as they were sent.

    Raises
    ------
    Problem
        413: it is too large. 400: it is not a form, or has a field more than once.
    """
    if len(raw) > MAX_BYTES:
        raise Problem(problems.BODY_TOO_LARGE, f"A body can have at most {MAX_BYTES} bytes.")
    try:
        text = utf8(raw).decode()
        pairs = parse_qsl(text, strict_parsing=bool(text), errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Problem(problems.MALFORMED_BODY, "The body is not a well-formed form.") from error
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Problem(problems.MALFORMED_BODY, "The form has the same field more than once.")
    return values
