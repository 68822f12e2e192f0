"""What plain HTML forms send: `application/x-www-form-urlencoded` into typed structs."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from common.http import problems
from common.http.bodies import MAX_BYTES, validation_problem
from common.http.problems import Problem

MEDIA_TYPE = "application/x-www-form-urlencoded"
T = TypeVar("T", bound=msgspec.Struct)


def is_form(content_type: str | None) -> bool:
    """Whether a request's body is a form."""
    return (content_type or "").split(";")[0].strip().lower() == MEDIA_TYPE


def decode(raw: bytes | str, struct: type[T]) -> T:
    """Validate a form's fields; empty ones count as not sent, since a browser sends every field of a form.

    Raises
    ------
    Problem
        413 too large; 400 not a form, or a field stands twice; 422 a field is unknown, missing or has a wrong value.
    """
    try:
        return msgspec.convert({name: value for name, value in fields(raw).items() if value}, struct, strict=False)
    except msgspec.ValidationError as error:
        raise validation_problem(error) from error


def fields(raw: bytes | str) -> dict[str, str]:
    """Read a form's fields as they were sent.

    Raises
    ------
    Problem
        413 too large; 400 not a form, or a field stands twice.
    """
    if len(raw) > MAX_BYTES:
        raise Problem(problems.BODY_TOO_LARGE, f"A body may have at most {MAX_BYTES} bytes.")
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        pairs = parse_qsl(text, strict_parsing=bool(text), errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Problem(problems.MALFORMED_BODY, "The body is not a well-formed form.") from error
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Problem(problems.MALFORMED_BODY, "A field stands twice.")
    return found
