"""Adds devices and removes them."""

from collections.abc import Callable, Iterator

from chalicelib.pipeline.devices.model import DeviceNotFound, RegisteredDevice, valid_name
from chalicelib.pipeline.devices.ports import KeyStore, Things


class Registry:
    """The devices of one stage: their things in AWS IoT, and their keys on this machine."""

    def __init__(self, things: Things, keys: KeyStore) -> None:
        self._things = things
        self._keys = keys

    def add(self, name: str) -> bool:
        """Add a device with a certificate for a new key; returns False if it is there with its key.

        A device has one certificate. If its key is not on this machine, its certificate is replaced, and the one before
        stops working.

        Raises
        ------
        InvalidDeviceName
        """
        valid_name(name)
        before = self._things.certificates(name)
        mine = self._keys.certificate_id(name)
        if mine is not None and before.get(mine) == "ACTIVE":
            return False
        key, request = self._keys.new_request(name)
        certificate = self._things.certify(name, request)
        # The older ones are removed last: after an interruption the next call removes them.
        self._keys.save(name, key, certificate)
        for other in before:
            self._things.remove_certificate(name, other)
        return True

    def add_all(self, names: list[str], each: Callable[[], None] = lambda: None) -> None:
        """Add devices, and call `each` after every one."""
        for name in names:
            self.add(name)
            each()

    def devices(self) -> Iterator[RegisteredDevice]:
        """The registered devices, by name."""
        for name in sorted(self._things.names()):
            yield RegisteredDevice(name, self._things.certificates(name))

    def remove(self, name: str) -> None:
        """Remove a device with its certificates, and its key from this machine.

        Raises
        ------
        InvalidDeviceName
        DeviceNotFound
        """
        valid_name(name)
        for certificate_id in self._things.certificates(name):
            self._things.remove_certificate(name, certificate_id)
        was_registered, had_key = self._things.remove(name), self._keys.delete(name)
        if not was_registered and not had_key:
            raise DeviceNotFound(f"there is no device {name}")
