"""Reads the arguments of the task `simulate`, which are text."""

import math
import os
from dataclasses import dataclass

from chalicelib.pipeline.devices.model import valid_name

from simulator.connection import Endpoint, endpoint
from simulator.messages import Faults

_MOST_DEVICES = 10_000
_PORTS = (8883, 443)


@dataclass(frozen=True)
class Options:
    """Which devices send how much for how long; `seconds` is None for no end, `port` None for the endpoint's own."""

    names: list[str]
    rate: float
    seconds: float | None
    port: int | None


def read(*, devices: str, rate: str, seconds: str, name: str, port: str) -> Options:
    """Read what to simulate.

    Raises
    ------
    ValueError
        The message names the argument.
    """
    count = _number("devices", devices, 1, _MOST_DEVICES)
    if count != int(count):
        raise ValueError(f"devices must be a whole number, not {devices}")
    if port and (not port.isdecimal() or int(port) not in _PORTS):
        raise ValueError(f"port must be one of {_PORTS}, not {port}")
    return Options(
        names=[valid_name(f"{name}-{number}") for number in range(1, int(count) + 1)],
        rate=_number("rate", rate, 0.001, 100_000),
        seconds=_number("seconds", seconds, 0, math.inf) or None,
        port=int(port) if port else None,
    )


def faults(heat: str = "0", **shares: str) -> Faults:
    """Read the shares of faults, and the heat in °C. Raises ValueError."""
    numbers = {name: _number(name, share, 0, 1) for name, share in shares.items()}
    return Faults(**numbers, heat=_number("heat", heat, -50, 50))


def endpoint_of(address: str, port: int | None) -> Endpoint:
    """Where devices connect. AWS_CA_BUNDLE has the authority of stage local, as for AWS's SDKs
    (https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html); otherwise it is the system's."""
    return endpoint(address, os.environ.get("AWS_CA_BUNDLE", ""), port)


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, not {text!r}") from None
    if not least <= number <= most:
        raise ValueError(f"{name} must be from {least:g} to {most:g}, not {text}")
    return number
