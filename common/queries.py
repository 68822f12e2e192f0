"""Query strings into typed structs, with errors that name the parameter."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from common import problems
from common.bodies import field_and_detail

T = TypeVar("T", bound=msgspec.Struct)


def decode(parameters: Mapping[str, list[str]], struct: type[T]) -> T:
    """Validate query parameters.

    Raises
    ------
    Problem
        400: a parameter is unknown, stands twice, or has a wrong value.
    """
    known = {field.encode_name for field in msgspec.structs.fields(struct)}
    for name, values in parameters.items():
        printable = name[:100].encode("ascii", "backslashreplace").decode()
        if name not in known:
            raise problems.invalid_query(printable, "is not a parameter of this address")
        if len(values) > 1:
            raise problems.invalid_query(printable, "stands more than once")
    try:
        return msgspec.convert({name: values[0] for name, values in parameters.items()}, struct, strict=False)
    except msgspec.ValidationError as error:
        raise problems.invalid_query(*field_and_detail(str(error))) from error
