"""What a simulated device measures: a climate with days, weather and drift, and a battery that runs down.

A measurement is a function of the device's name and the time, except for its noise, so that a device which is started
again goes on where it was.
"""

import math
from dataclasses import dataclass
from random import Random

_DAY = 86_400.0
# The warmest hour of a day, UTC.
_WARMEST = 15 * 3600
_NOISE = {"temperature": 0.08, "humidity": 0.4, "pressure": 0.15}
# Warm air of the same weather is drier: about this many percent for each degree.
_HUMIDITY_PER_DEGREE = -2.2
_WEATHER_DAYS = (3.3, 7.9, 17.0)


@dataclass(frozen=True)
class Climate:
    """What is typical of a device's place: means, the size of a day's curve, and its phases."""

    temperature: float
    daily: float
    humidity: float
    pressure: float
    phases: tuple[float, ...]
    drift_per_day: float
    battery_days: float


class Sensor:
    """The sensor of one device."""

    def __init__(self, name: str) -> None:
        # The same place each time; the noise differs.
        self._climate = _climate(Random(name))  # noqa: S311 - not for security
        self._noise = Random()  # noqa: S311 - not for security

    def measure(self, at_seconds: float) -> dict[str, float]:
        """The measurements at a time in seconds since 1970, in canonical units (°C, %, hPa, 0 to 1)."""
        climate = self._climate
        weather = [
            math.sin(2 * math.pi * at_seconds / (days * _DAY) + phase)
            for days, phase in zip(_WEATHER_DAYS, climate.phases, strict=True)
        ]
        day = climate.daily * math.cos(2 * math.pi * (at_seconds - _WARMEST) / _DAY)
        change = day + 2.0 * weather[0] + self._drift(at_seconds)
        humidity = climate.humidity + _HUMIDITY_PER_DEGREE * change + 6 * weather[1] + self._noisy("humidity")
        return {
            "temperature": round(climate.temperature + change + self._noisy("temperature"), 2),
            "humidity": round(min(99.0, max(3.0, humidity)), 1),
            "pressure": round(climate.pressure + 9 * weather[2] + 3 * weather[0] + self._noisy("pressure"), 1),
            "battery": round(self._battery(at_seconds), 3),
        }

    def _noisy(self, measurement: str) -> float:
        return self._noise.gauss(0, _NOISE[measurement])

    def _drift(self, at_seconds: float) -> float:
        """A sensor drifts until it is calibrated, once in thirty days."""
        return self._climate.drift_per_day * (at_seconds % (30 * _DAY)) / _DAY

    def _battery(self, at_seconds: float) -> float:
        """From full to 5 %, then a new one."""
        life = self._climate.battery_days * _DAY
        used = ((at_seconds + self._climate.phases[0] * life) % life) / life
        return 1 - 0.95 * used


def _climate(random: Random) -> Climate:
    return Climate(
        temperature=random.gauss(20, 2.5),
        daily=random.uniform(2, 6),
        humidity=random.uniform(40, 60),
        pressure=random.gauss(1013, 3),
        phases=tuple(random.uniform(0, 2 * math.pi) for _ in _WEATHER_DAYS),
        drift_per_day=random.gauss(0, 0.02),
        battery_days=random.uniform(20, 60),
    )
