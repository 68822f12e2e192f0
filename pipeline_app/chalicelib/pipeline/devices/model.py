"""A device's name and what follows from it."""

import re
from dataclasses import dataclass

from chalicelib.pipeline.device_id import DEVICE_ID


class InvalidDeviceName(ValueError):
    """A device's name has other characters than letters, digits, hyphens and underscores, or too many."""


class DeviceNotFound(ValueError):
    """There is no such device."""


@dataclass(frozen=True)
class Certificate:
    """A device's certificate. `pem` is its text; the private key never leaves the machine that made it."""

    id: str
    arn: str
    pem: str


@dataclass(frozen=True)
class RegisteredDevice:
    """A device in the registry, with its certificates' statuses (`ACTIVE`, `INACTIVE`, ...) by id."""

    name: str
    certificates: dict[str, str]


def valid_name(name: str) -> str:
    """Return the name of a device.

    Raises
    ------
    InvalidDeviceName
        It is not 1 to 64 letters, digits, hyphens and underscores that begin with a letter or digit.
    """
    if not re.match(DEVICE_ID, name):
        raise InvalidDeviceName(
            f"{name!r} is not a device's name: 1 to 64 letters, digits, hyphens and underscores, the first a letter "
            "or digit"
        )
    return name


def topic(name: str) -> str:
    """The topic that a device publishes on; its policy allows no other."""
    return f"devices/{name}/telemetry"
