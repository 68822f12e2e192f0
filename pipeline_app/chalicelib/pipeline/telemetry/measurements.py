"""Measurements in canonical units: temperature in °C, humidity in %, pressure in hPa, battery from 0 to 1."""

from collections.abc import Callable, Mapping

import msgspec
from chalicelib.pipeline.telemetry.message import CanonicalMeasurements, Measurements, Units
from chalicelib.pipeline.telemetry.reasons import Invalid, Reason

_HPA_IN_PSI = 68.947_572_931_683_6
_PERCENT = 100
# Conversions to the canonical unit, by measurement and unit. Results have six decimals, so that 57 % is not
# 56.99999999999999 %.
_CONVERSIONS: Mapping[str, Mapping[str, Callable[[float], float]]] = {
    "temperature": {"F": lambda value: (value - 32) / 1.8, "K": lambda value: value - 273.15},
    "humidity": {"ratio": lambda value: value * _PERCENT},
    "pressure": {
        "Pa": lambda value: value / 100,
        "kPa": lambda value: value * 10,
        "bar": lambda value: value * 1000,
        "psi": lambda value: value * _HPA_IN_PSI,
    },
    "battery": {"%": lambda value: value / _PERCENT},
}
_DECIMALS = 6


def canonical(sent: Measurements, units: Units) -> CanonicalMeasurements:
    """Convert measurements to canonical units.

    Raises
    ------
    Invalid
        A value is not physically possible.
    """
    values = {name: _converted(name, getattr(sent, name), getattr(units, name)) for name in _CONVERSIONS}
    try:
        return msgspec.convert(values, CanonicalMeasurements)
    except msgspec.ValidationError as error:
        raise Invalid(Reason.OUT_OF_RANGE, f"{error} in the canonical unit") from error


def _converted(name: str, value: float | None, unit: str) -> float | None:
    convert = _CONVERSIONS[name].get(unit)
    return value if value is None or convert is None else round(convert(value), _DECIMALS)
