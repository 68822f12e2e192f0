"""The environment, read once into a typed struct."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class MissingSettings(Exception):
    """The environment lacks variables that the app cannot start without."""


def load(struct: type[S], environment: Mapping[str, str]) -> S:
    """Read a struct's fields from the environment variables of the same names in upper case.

    Raises
    ------
    MissingSettings
        Names every variable that is absent or empty and has no default.
    """
    found = {field.name: environment.get(field.name.upper(), "") for field in msgspec.structs.fields(struct)}
    missing = [
        field.name.upper() for field in msgspec.structs.fields(struct) if field.required and not found[field.name]
    ]
    if missing:
        raise MissingSettings(f"not set in the environment: {', '.join(missing)}")
    return msgspec.convert({name: value for name, value in found.items() if value}, struct, strict=False)
