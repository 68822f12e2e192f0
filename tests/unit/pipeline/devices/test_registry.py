"""Adding and removing devices, with a registry in memory."""

import pytest
from chalicelib.pipeline.devices.model import Certificate, DeviceNotFound, InvalidDeviceName, topic, valid_name
from chalicelib.pipeline.devices.registry import Registry


class FakeThings:
    def __init__(self) -> None:
        self.devices: dict[str, dict[str, str]] = {}
        self.requests: list[str] = []

    def names(self):
        return iter(self.devices)

    def certificates(self, name):
        return dict(self.devices.get(name, {}))

    def certify(self, name, request):
        self.requests.append(request)
        certificate_id = f"certificate-{len(self.requests)}"
        self.devices.setdefault(name, {})[certificate_id] = "ACTIVE"
        return Certificate(certificate_id, f"arn:{certificate_id}", "PEM")

    def remove_certificate(self, name, certificate_id):
        del self.devices[name][certificate_id]

    def remove(self, name):
        return self.devices.pop(name, None) is not None


class FakeKeys:
    def __init__(self) -> None:
        self.saved: dict[str, tuple[str, str]] = {}
        self.made = 0

    def certificate_id(self, name):
        return self.saved[name][1] if name in self.saved else None

    def new_request(self, name):
        self.made += 1
        return f"key-{self.made}", f"request of key-{self.made}"

    def save(self, name, key, certificate):
        self.saved[name] = (key, certificate.id)

    def delete(self, name):
        return self.saved.pop(name, None) is not None


@pytest.fixture
def things():
    return FakeThings()


@pytest.fixture
def keys():
    return FakeKeys()


@pytest.fixture
def registry(things, keys):
    return Registry(things, keys)


def test_a_device_is_added_once_and_its_private_key_stays_here(registry, things, keys):
    assert registry.add("kitchen")
    assert not registry.add("kitchen")
    assert things.devices == {"kitchen": {"certificate-1": "ACTIVE"}}
    assert things.requests == ["request of key-1"]
    assert keys.saved == {"kitchen": ("key-1", "certificate-1")}


def test_a_device_whose_key_is_not_here_gets_a_new_one_and_the_certificate_before_is_removed(registry, things, keys):
    registry.add("kitchen")
    keys.delete("kitchen")
    assert registry.add("kitchen")
    assert things.devices == {"kitchen": {"certificate-2": "ACTIVE"}}


def test_a_device_whose_certificate_was_deactivated_gets_a_new_one(registry, things):
    registry.add("kitchen")
    things.devices["kitchen"]["certificate-1"] = "INACTIVE"
    assert registry.add("kitchen")
    assert things.devices == {"kitchen": {"certificate-2": "ACTIVE"}}


def test_an_addition_that_was_interrupted_before_the_key_was_kept_is_completed_by_the_next(registry, things, keys):
    def disk_is_full(name, key, certificate):
        raise OSError("No space left on device")

    keys.save, save = disk_is_full, keys.save
    with pytest.raises(OSError, match="No space"):
        registry.add("kitchen")
    keys.save = save
    assert registry.add("kitchen")
    assert things.devices == {"kitchen": {"certificate-2": "ACTIVE"}}


def test_a_device_is_removed_with_its_certificates_and_its_key(registry, things, keys):
    registry.add("kitchen")
    registry.remove("kitchen")
    assert (things.devices, keys.saved) == ({}, {})
    with pytest.raises(DeviceNotFound):
        registry.remove("kitchen")


def test_devices_are_listed_by_name(registry):
    for name in ("b", "a"):
        registry.add(name)
    assert [device.name for device in registry.devices()] == ["a", "b"]


@pytest.mark.parametrize(
    "name", ["", "-a", "a/b", "../a", "a b", "a+", "#", "*", "${iot:ClientId}", 'a"b', "=1+1", "ä", "a\n", "a" * 65]
)
def test_names_that_would_be_more_than_a_name_are_refused(registry, things, name):
    for refuse in (registry.add, registry.remove, valid_name):
        with pytest.raises(InvalidDeviceName):
            refuse(name)
    assert things.devices == {}


def test_the_longest_name_has_its_own_topic():
    name = valid_name("a" * 64)
    assert topic(name) == f"devices/{name}/telemetry"
