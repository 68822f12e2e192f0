"""Query strings into typed structs, with errors that name the parameter."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from common.http import problems
from common.http.bodies import field_and_detail

T = TypeVar("T", bound=msgspec.Struct)


def decode(parameters: Mapping[str, list[str]], struct: type[T], *, ignore_unknown: bool = False) -> T:
    """Validate query parameters.

    Raises
    ------
    Problem
        400: a parameter is unknown (unless those are ignored), is there more than once, or has a value that is not
        valid.
    """
    names = {field.encode_name: field.name for field in msgspec.structs.fields(struct)}
    known = {name: values for name, values in parameters.items() if name in names}
    if not ignore_unknown and (unknown := next((name for name in parameters if name not in names), None)) is not None:
        raise problems.invalid_query(_printable(unknown), "is not a parameter of this resource")
    if twice := next((name for name, values in known.items() if len(values) > 1), None):
        raise problems.invalid_query(_printable(twice), "is there more than once")
    sent = {name: values[0] for name, values in known.items()}
    try:
        query = msgspec.convert(sent, struct, strict=False)
    except msgspec.ValidationError as error:
        raise problems.invalid_query(*field_and_detail(str(error), struct)) from error
    for name, text in sent.items():
        _refuse_lenient(name, text, getattr(query, names[name]))
    return query


def _printable(name: str) -> str:
    return name[:100].encode("ascii", "backslashreplace").decode()


def _refuse_lenient(name: str, text: str, value: object) -> None:
    """Refuse what msgspec accepts: the text `null` for an absent value, and 1e3 for 1000."""
    if value is None:
        raise problems.invalid_query(name, "must not be null")
    if type(value) is int and str(value) != text:
        raise problems.invalid_query(name, "must be written in digits")
