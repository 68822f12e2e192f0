"""Measurements in canonical units: temperature in °C, humidity in %, pressure in hPa, battery from 0 to 1.

The ranges are wider than those of common sensors, such as -40 to 85 °C and 300 to 1100 hPa
(https://www.bosch-sensortec.com/products/environmental-sensors/humidity-sensors-bme280/).
"""

from collections.abc import Callable, Mapping

from chalicelib.pipeline.telemetry.message import CANONICAL, Measurements, Units
from chalicelib.pipeline.telemetry.reasons import Invalid, Reason

Values = tuple[float | None, float | None, float | None, float | None]
_RANGES = {"temperature": (-100, 200), "humidity": (0, 100), "pressure": (200, 1200), "battery": (0, 1)}
(_COLDEST, _HOTTEST), (_DRIEST, _WETTEST), (_LOWEST, _HIGHEST), (_EMPTY, _FULL) = _RANGES.values()
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


def canonical(sent: Measurements, units: Units) -> Values:
    """Convert measurements to canonical units: temperature, humidity, pressure, battery; None for what was not sent.

    Raises
    ------
    Invalid
        A value is not physically possible.
    """
    if units is CANONICAL:
        values = sent.temperature, sent.humidity, sent.pressure, sent.battery
    else:
        values = _converted(sent, units)
    temperature, humidity, pressure, battery = values
    if (
        (temperature is None or _COLDEST <= temperature <= _HOTTEST)
        and (humidity is None or _DRIEST <= humidity <= _WETTEST)
        and (pressure is None or _LOWEST <= pressure <= _HIGHEST)
        and (battery is None or _EMPTY <= battery <= _FULL)
    ):
        return values
    raise Invalid(Reason.OUT_OF_RANGE, _out_of_range(values))


def _converted(sent: Measurements, units: Units) -> Values:
    temperature, humidity, pressure, battery = (
        _conversion(name, getattr(sent, name), getattr(units, name)) for name in _RANGES
    )
    return temperature, humidity, pressure, battery


def _conversion(name: str, value: float | None, unit: str) -> float | None:
    convert = _CONVERSIONS[name].get(unit)
    return value if value is None or convert is None else round(convert(value), _DECIMALS)


def _out_of_range(values: Values) -> str:
    """Name the first value that is not in its range."""
    for (name, (low, high)), value in zip(_RANGES.items(), values, strict=True):
        if value is not None and not low <= value <= high:
            return f"{name} is {value:g}; it is from {low} to {high} in the canonical unit"
    raise AssertionError(values)
