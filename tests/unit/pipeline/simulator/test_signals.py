"""What simulated devices measure."""

import statistics
from itertools import pairwise

from simulator.signals import Sensor

DAY = 86_400
MIDNIGHT = 1_795_737_600  # 2026-11-27T00:00:00Z
NAMES = [f"device-{number}" for number in range(20)]


def test_measurements_are_possible_for_every_device_over_two_months():
    for name in NAMES:
        sensor = Sensor(name)
        for at in range(MIDNIGHT, MIDNIGHT + 60 * DAY, 7 * 3600):
            measured = sensor.measure(at)
            assert -20 < measured["temperature"] < 50
            assert 3 <= measured["humidity"] <= 99
            assert 950 < measured["pressure"] < 1070
            assert 0 <= measured["battery"] <= 1


def test_the_afternoon_is_warmer_and_drier_than_the_night():
    for name in NAMES:
        sensor = Sensor(name)
        days = [MIDNIGHT + number * DAY for number in range(30)]
        night = [sensor.measure(day + 3 * 3600) for day in days]
        afternoon = [sensor.measure(day + 15 * 3600) for day in days]
        assert _mean(afternoon, "temperature") > _mean(night, "temperature") + 2
        assert _mean(afternoon, "humidity") < _mean(night, "humidity")


def test_two_measurements_of_one_moment_differ_by_the_noise_alone():
    first, second = Sensor("kitchen").measure(MIDNIGHT), Sensor("kitchen").measure(MIDNIGHT)
    assert abs(first["temperature"] - second["temperature"]) < 1
    assert first["battery"] == second["battery"]


def test_devices_differ():
    assert len({Sensor(name).measure(MIDNIGHT)["battery"] for name in NAMES}) > 15


def test_the_battery_runs_down():
    sensor = Sensor("kitchen")
    charges = [sensor.measure(MIDNIGHT + day * DAY)["battery"] for day in range(61)]
    changes = [before - after for before, after in pairwise(charges)]
    assert sum(change > 0 for change in changes) >= 55


def _mean(measured: list[dict[str, float]], name: str) -> float:
    return statistics.mean(one[name] for one in measured)
