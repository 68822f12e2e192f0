"""The rules that raise alerts.

A rule has two limits, so that a value that moves around one of them raises one alert and not many (hysteresis).
"""

import msgspec


class Threshold(msgspec.Struct, frozen=True):
    """Raises an alert when a measurement reaches `raise_at`, and clears it when it is back at `clear_at`."""

    name: str
    measurement: str
    raise_at: float
    clear_at: float

    def raises(self, value: float) -> bool:
        """Whether a value breaks the rule."""
        return value >= self.raise_at if self.raise_at > self.clear_at else value <= self.raise_at

    def clears(self, value: float) -> bool:
        """Whether a value ends the alert."""
        return value <= self.clear_at if self.raise_at > self.clear_at else value >= self.clear_at


# Rooms where people work: degrees Celsius, per cent of relative humidity, parts of a full battery.
THRESHOLDS = (
    Threshold("temperature-high", "temperature", raise_at=35, clear_at=33),
    Threshold("temperature-low", "temperature", raise_at=5, clear_at=7),
    Threshold("humidity-high", "humidity", raise_at=85, clear_at=80),
    Threshold("battery-low", "battery", raise_at=0.15, clear_at=0.20),
)
