"""Request bodies: strict JSON into typed structs, with errors that name the field."""

import json
import re
from collections import Counter
from typing import Any, TypeVar

import msgspec

from common.http import problems
from common.http.problems import FieldError, Problem
from common.http.validation_messages import humanize

# The longest text that a field of any app can have is 50,000 characters, and JSON may spell a character in 12 bytes, as
# two escapes: what a contract allows fits in every encoding.
MAX_BYTES = 1024 * 1024
T = TypeVar("T", bound=msgspec.Struct)

_JSON_MEDIA_TYPE = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json", re.IGNORECASE)
_AT = re.compile(r"^(?P<detail>.*?)(?: - at `\$\.?(?P<field>.*?)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
# API Gateway passes a body on as text, with this character for bytes that are not UTF-8.
_REPLACEMENT = "\ufffd".encode()
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def decode(raw: bytes | str, content_type: str | None, struct: type[T]) -> T:
    """Decode and validate one body.

    A body without a content type counts as JSON, so that a client needs no header but the token's.

    Raises
    ------
    Problem
        415: its content type is not JSON. 413: it is too large. 400: it is not UTF-8, or not a well-formed JSON object;
        that includes duplicate keys, NaN, lone surrogates and too many levels. 422: a field is unknown, missing, of the
        wrong type or outside its limits.
    """
    if content_type and not _JSON_MEDIA_TYPE.fullmatch(content_type.split(";")[0].strip()):
        raise Problem(problems.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json.")
    body = utf8(raw)
    if len(body) > MAX_BYTES:
        raise Problem(problems.BODY_TOO_LARGE, f"A body can have at most {MAX_BYTES} bytes.")
    _refuse_ambiguity(body)
    try:
        return decoder(struct).decode(body)
    except msgspec.ValidationError as error:
        raise validation_problem(error, struct) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem(problems.MALFORMED_BODY, "The body is not well-formed JSON.") from error


def decoder(struct: type[T]) -> msgspec.json.Decoder[T]:
    """Return a struct's decoder, which is made once."""
    if struct not in _decoders:
        _decoders[struct] = msgspec.json.Decoder(struct)
    return _decoders[struct]


def utf8(raw: bytes | str) -> bytes:
    """Return a body as bytes.

    Raises
    ------
    Problem
        400: bytes that are not UTF-8 were replaced on the way here. A U+FFFD that is meant can be sent as an escape.
    """
    try:
        body = raw if isinstance(raw, bytes) else raw.encode()
    except UnicodeEncodeError as error:
        raise Problem(problems.MALFORMED_BODY, "The body is not valid UTF-8.") from error
    if _REPLACEMENT in body:
        raise Problem(problems.MALFORMED_BODY, "The body is not valid UTF-8, or has the character U+FFFD unescaped.")
    return body


def _refuse_ambiguity(body: bytes) -> None:
    """Refuse JSON that parsers read differently: msgspec takes the last of two equal keys (RFC 8259, section 4).

    Parsing a second time with the standard library takes about 5 us for an ordinary to-do.
    """
    try:
        parsed = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse, parse_int=str)
    except RecursionError as error:
        raise Problem(problems.MALFORMED_BODY, "The body is nested too deeply.") from error
    except UnicodeDecodeError as error:
        raise Problem(problems.MALFORMED_BODY, "The body is not valid UTF-8.") from error
    except ValueError as error:
        raise Problem(problems.MALFORMED_BODY, "The body is not well-formed JSON.") from error
    if not isinstance(parsed, dict):
        raise Problem(problems.MALFORMED_BODY, "The body must be a JSON object.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        error = FieldError(_safe(twice), "is there more than once")
        raise Problem(problems.MALFORMED_BODY, "An object has the same key more than once.", [error])
    return unique


def _refuse(constant: str) -> None:
    raise Problem(problems.MALFORMED_BODY, f"{constant} is not JSON.")


def validation_problem(error: msgspec.ValidationError, struct: type[msgspec.Struct]) -> Problem:
    """Make the problem of the field that a validation error of a struct names."""
    message = str(error)
    if unknown := _UNKNOWN.match(message):
        return problems.invalid_field(_safe(unknown[1]), "is not a field of this resource")
    if missing := _MISSING.match(message):
        return problems.invalid_field(_safe(missing[1]), "is required")
    return problems.invalid_field(*field_and_detail(message, struct))


def field_and_detail(message: str, struct: type[msgspec.Struct]) -> tuple[str, str]:
    """Split msgspec's message about a struct into the field's path and what is wrong with it."""
    match = _AT.match(message)
    detail, field = (match["detail"], match["field"] or "") if match else (message, "")
    if detail.startswith(("Invalid enum value", "Invalid value")):
        from common.http import choices  # noqa: PLC0415 - only errors need msgspec's inspection of types

        return field, choices.allowed(struct, field)
    return field, humanize(detail)


def _safe(name: str) -> str:
    """Shorten a name that comes from a client, and make it printable."""
    return name[:100].encode("ascii", "backslashreplace").decode()
