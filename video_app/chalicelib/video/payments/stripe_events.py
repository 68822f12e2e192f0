"""Stripe's events: their signatures, and the facts that they say.

https://docs.stripe.com/api/events/types
"""

import re
import time
from collections.abc import Callable

import msgspec
from chalicelib.video.errors import InvalidSignature, MalformedEvent
from chalicelib.video.payments.ports import PaymentEvent, SignedEvent
from chalicelib.video.payments.provider_secret import ProviderSecret
from chalicelib.video.payments.stripe_facts import READERS
from chalicelib.video.payments.stripe_objects import InvoiceParent, Metadata
from chalicelib.video.payments.stripe_signature import is_signed

_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class _Data(msgspec.Struct):
    object: msgspec.Raw


class _Event(msgspec.Struct):
    id: str
    type: str
    created: int
    data: _Data


class _Thing(msgspec.Struct):
    """What an event is about, as far as all of its kinds have it."""

    id: str = ""
    payment_intent: str | None = None
    metadata: Metadata | None = None
    parent: InvoiceParent | None = None


_events = msgspec.json.Decoder(_Event)


class StripeEvents:
    """An EventVerifier, and the reader of events that it has let pass."""

    def __init__(self, secret: Callable[[], ProviderSecret], now: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._now = now

    def verified(self, body: bytes, signature: str | None) -> SignedEvent:
        """Check the signature by every current secret. Only then is the body read."""
        if not is_signed(body, signature, self._secret().webhook_secrets, self._now()):
            raise InvalidSignature("The event is not signed, or not by a current secret, or not now.")
        event = _decoded(body)
        return SignedEvent(id=event.id, subject=_subject(event), is_used=event.type in READERS)

    @staticmethod
    def read(body: bytes) -> PaymentEvent:
        """Read the fact of an event that was verified before.

        Raises
        ------
        MalformedEvent
        """
        event = _decoded(body)
        reader = READERS.get(event.type)
        try:
            return PaymentEvent(event.id, reader(event.data.object, event.created) if reader else None)
        except msgspec.ValidationError as error:
            raise MalformedEvent(f"{event.type}: {error}") from error


def _decoded(body: bytes) -> _Event:
    try:
        body.decode()
        event = _events.decode(body)
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise MalformedEvent("The body is not an event.") from error
    if not _EVENT_ID.fullmatch(event.id):
        raise MalformedEvent("The event has no usable id.")
    return event


def _subject(event: _Event) -> str:
    """Name what an event is about: its order, else its payment, else the object itself, else the event."""
    try:
        thing = msgspec.json.decode(event.data.object, type=_Thing)
    except msgspec.ValidationError:
        # It becomes a dead letter when it is applied.
        return event.id
    details = thing.parent.subscription_details if thing.parent else None
    metadatas = (thing.metadata, details.metadata if details else None)
    order = next((metadata.order for metadata in metadatas if metadata and metadata.order), "")
    return order or thing.payment_intent or thing.id or event.id
