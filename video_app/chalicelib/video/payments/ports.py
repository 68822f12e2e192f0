"""What payments need from outside."""

from typing import Protocol

import msgspec
from chalicelib.video.entitlements.model import Entitlement
from chalicelib.video.payments.facts import Fact
from chalicelib.video.payments.model import Order
from chalicelib.video.payments.record import PaymentRecord


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A client's key, the fingerprint of its request, and when both are forgotten (seconds since 1970)."""

    key: str
    fingerprint: str
    expires_at: int


class FirstUse(msgspec.Struct, frozen=True):
    """The first request with a key: the fingerprint of its body, and the order that it made."""

    fingerprint: str
    order: Order


class OrderStore(Protocol):
    """The orders."""

    def add(self, order: Order, key: IdempotencyKey | None, now: int) -> FirstUse | None:
        """Add an order; if the key was used before, add nothing and return its first use."""

    def get(self, order_id: str) -> Order | None:
        """Return an order; None if there is none."""

    def set_upgrade_amount(self, order: Order, amount: int) -> None:
        """Note the price that the viewer has agreed to."""


class StoredRecord(msgspec.Struct, frozen=True):
    """A payment record, and how often it was written."""

    record: PaymentRecord
    version: int


class RecordReader(Protocol):
    """The payment records."""

    def get(self, owner: str, what: str) -> StoredRecord:
        """Return the record of an entitlement, which is empty if there were no payments."""


class RecordStore(RecordReader, Protocol):
    """The payment records, and the entitlements that follow from them."""

    def save(
        self, owner: str, what: str, stored: StoredRecord, record: PaymentRecord, entitlement: Entitlement | None
    ) -> bool:
        """Write a record and its entitlement together; False if the record is no longer as it was `stored`."""


class PaymentOfOrder(msgspec.Struct, frozen=True):
    """The order of a payment, and the payment's name in the order's record."""

    order: str
    payment: str


class PaymentProvider(Protocol):
    """Takes payments."""

    def payment_page(self, order: Order, return_url: str, cancel_url: str) -> str:
        """Return the URL of the page where an order is paid; the same for the same order, while it can be paid.

        Raises
        ------
        ProviderUnavailable
        """

    def cancel(self, subscription: str) -> None:
        """Let a subscription end with its period."""

    def resume(self, subscription: str) -> None:
        """Let a subscription renew again that was to end with its period."""

    def change_to_year(self, subscription: str, order: Order, amount: int) -> None:
        """Charge a year from now on, less what is left of the current month.

        Raises
        ------
        PaymentDeclined
            Nothing has changed.
        """

    def renews(self, subscription: str) -> bool:
        """Whether a subscription will renew, as the provider knows it now."""

    def find_payment(self, reference: str) -> PaymentOfOrder | None:
        """Return the order of a payment; None if it is of no order of ours."""


class PaymentEvent(msgspec.Struct, frozen=True):
    """An event of the provider; without a fact if it says nothing that matters."""

    id: str
    fact: Fact | None


class SignedEvent(msgspec.Struct, frozen=True):
    """An event whose signature is right: its id, what it is about, and whether its type says anything that matters."""

    id: str
    subject: str
    is_used: bool


class EventVerifier(Protocol):
    """Knows the provider's signatures."""

    def verified(self, body: bytes, signature: str | None) -> SignedEvent:
        """Check the signature of an event, and read what it is about.

        Raises
        ------
        InvalidSignature, MalformedEvent
        """


class EventQueue(Protocol):
    """Keeps events until they are applied, in order for each subject."""

    def put(self, event: SignedEvent, body: bytes) -> None:
        """Keep an event. A second time within minutes changes nothing."""
