"""What the registry of devices needs from outside."""

from collections.abc import Iterator
from typing import Protocol

from chalicelib.pipeline.devices.model import Certificate


class Things(Protocol):
    """The things in AWS IoT."""

    def names(self) -> Iterator[str]:
        """The names of the devices."""

    def certificates(self, name: str) -> dict[str, str]:
        """The statuses of a device's certificates by id; empty if there is no such device."""

    def certify(self, name: str, request: str) -> Certificate:
        """Register a device, and a certificate for a signing request, which may publish on the device's topic."""

    def remove_certificate(self, name: str, certificate_id: str) -> None:
        """Remove a certificate, which stops working at once."""

    def remove(self, name: str) -> bool:
        """Remove a device that has no certificate; returns whether there was one."""


class KeyStore(Protocol):
    """The private keys on this machine."""

    def certificate_id(self, name: str) -> str | None:
        """The id of the certificate whose key is here."""

    def new_request(self, name: str) -> tuple[str, str]:
        """Make a key; returns it and its signing request, both as PEM."""

    def save(self, name: str, key: str, certificate: Certificate) -> None:
        """Keep a key and its certificate."""

    def delete(self, name: str) -> bool:
        """Delete a device's key; returns whether it was here."""
