"""Environment variables as a typed struct."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class MissingSettings(Exception):
    """Environment variables are missing that the app needs to start."""


def load(struct: type[S], environment: Mapping[str, str]) -> S:
    """Read a struct's fields from the environment variables of the same names in upper case.

    Raises
    ------
    MissingSettings
        A variable without a default is absent or empty; all such variables are named.
    """
    values = {field.name: environment.get(field.name.upper(), "") for field in msgspec.structs.fields(struct)}
    missing = [
        field.name.upper() for field in msgspec.structs.fields(struct) if field.required and not values[field.name]
    ]
    if missing:
        raise MissingSettings(f"not set in the environment: {', '.join(missing)}")
    return msgspec.convert({name: value for name, value in values.items() if value}, struct, strict=False)
