"""The arguments of the task `simulate`."""

import pytest
from simulator import arguments
from simulator.connection import Endpoint, endpoint
from simulator.simulation import Simulation, TooFast

GOOD = {"devices": "3", "rate": "5", "seconds": "60", "name": "simulated", "port": ""}


def test_devices_are_numbered_and_no_time_is_until_ctrl_c():
    options = arguments.read(**GOOD | {"seconds": "0"})
    assert options.names == ["simulated-1", "simulated-2", "simulated-3"]
    assert options.seconds is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("devices", "0"),
        ("devices", "2.5"),
        ("devices", "many"),
        ("rate", "0"),
        ("rate", "nan"),
        ("seconds", "-1"),
        ("port", "80"),
        ("port", "x"),
        ("name", "../x"),
    ],
)
def test_arguments_that_make_no_sense_are_named(name, value):
    with pytest.raises(ValueError, match=value if name == "name" else name):
        arguments.read(**GOOD | {name: value})


@pytest.mark.parametrize("share", ["1.1", "-0.1", "half"])
def test_a_share_is_from_0_to_1(share):
    with pytest.raises(ValueError, match="late"):
        arguments.faults(late=share)


def test_a_device_sends_no_faster_than_aws_accepts_it(tmp_path):
    where = {"seconds": 1.0, "endpoint": Endpoint("localhost", 8883), "keys": tmp_path, "ledger": tmp_path}
    with pytest.raises(TooFast, match="at least 51 devices"):
        Simulation(devices=["a"] * 50, rate=5_001, **where)


def test_a_simulation_in_parts_has_the_same_devices_and_rate(tmp_path):
    where = {"seconds": 1.0, "endpoint": Endpoint("localhost", 8883), "keys": tmp_path, "ledger": tmp_path}
    whole = Simulation(devices=[f"d-{number}" for number in range(101)], rate=5_000, **where)
    parts = whole.parts()
    assert len(parts) > 1
    assert sorted(device for part in parts for device in part.devices) == sorted(whole.devices)
    assert sum(part.rate for part in parts) == pytest.approx(5_000)
    assert [part.interval for part in parts] == pytest.approx([whole.interval] * len(parts))


@pytest.mark.parametrize(
    ("address", "port", "expected"),
    [
        ("localhost:8013", None, ("localhost", 8013)),
        ("abc-ats.iot.eu-west-1.amazonaws.com", None, ("abc-ats.iot.eu-west-1.amazonaws.com", 8883)),
        ("abc-ats.iot.eu-west-1.amazonaws.com", 443, ("abc-ats.iot.eu-west-1.amazonaws.com", 443)),
    ],
)
def test_the_port_is_the_addresss_own_or_that_of_mqtt(address, port, expected):
    found = endpoint(address, "", port)
    assert (found.host, found.port) == expected
