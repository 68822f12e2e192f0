"""Query strings into typed structs, with errors that name the parameter."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from common.http import problems
from common.http.bodies import field_and_detail

T = TypeVar("T", bound=msgspec.Struct)


def decode(parameters: Mapping[str, list[str]], struct: type[T]) -> T:
    """Validate query parameters.

    Raises
    ------
    Problem
        400: a parameter is unknown, stands twice, or has a wrong value.
    """
    known = {field.encode_name: field.name for field in msgspec.structs.fields(struct)}
    for name, values in parameters.items():
        printable = name[:100].encode("ascii", "backslashreplace").decode()
        if name not in known:
            raise problems.invalid_query(printable, "is not a parameter of this address")
        if len(values) > 1:
            raise problems.invalid_query(printable, "stands more than once")
    sent = {name: values[0] for name, values in parameters.items()}
    try:
        query = msgspec.convert(sent, struct, strict=False)
    except msgspec.ValidationError as error:
        raise problems.invalid_query(*field_and_detail(str(error))) from error
    for name, text in sent.items():
        _refuse_guess(name, text, getattr(query, known[name]))
    return query


def _refuse_guess(name: str, text: str, value: object) -> None:
    """Refuse what msgspec is lenient about: `null` is not left out, and 1e3 is not how one writes 1000."""
    if value is None:
        raise problems.invalid_query(name, "null is not a value")
    if type(value) is int and str(value) != text:
        raise problems.invalid_query(name, "must be written in digits")
