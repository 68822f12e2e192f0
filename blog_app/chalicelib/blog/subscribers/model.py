"""A subscriber: one mail address, and the token of the links in its mails."""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# ASCII only, so that no letter looks like another. RFC 5321 allows 64 characters before the @ and 254 in all.
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LENGTHS = r"(?=.{1,64}@)(?=[!-~]{3,254}(?:[\s\xa0]|$))"
# Keyboards put a space after a word, and copying takes the white space around it along.
_AROUND = r"[ \t\r\n\xa0]*"
ADDRESS = (
    rf"^{_AROUND}{_LENGTHS}{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]{_AROUND}(?!\n)$"
)
Address = Annotated[
    str,
    Meta(
        max_length=300,
        pattern=ADDRESS,
        description="A mail address. White space around it is removed.",
        examples=["reader@example.com"],
    ),
]
State = Literal["pending", "confirmed", "unsubscribed", "suppressed"]
ID_LENGTH = 32
# A post is mailed to each shard of the subscribers by itself: so many functions work at the same time.
SHARDS = 4


class NewSubscriber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader sends to subscribe."""

    address: Address


class Subscriber(msgspec.Struct, frozen=True, rename="camel"):
    """One address. Each time it subscribes again is a new round, with a welcome mail of its own."""

    id: str
    address: str
    state: State
    token: str
    round: int
    subscribed_at: str
    changed_at: str


def subscriber_id(address: str) -> str:
    """Return the id of an address, whatever the case of its letters."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()[:ID_LENGTH]


def shard_of(identifier: str) -> int:
    """Return which of the SHARDS a subscriber belongs to. Ids are hashes, so the shards have about the same size."""
    return int(identifier[0], 16) % SHARDS


def link_token(subscriber: Subscriber) -> str:
    """Return the token of the links in a subscriber's mails."""
    return f"{subscriber.id}.{subscriber.token}"
