"""What happens to payments, in no provider's words. Times are seconds since 1970.

A `reference` is the provider's name of a payment, in events that do not name the order.
"""

import msgspec


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase, or a period of a subscription, is paid.

    `amount` is the price of the video or of the whole period. A credit for the rest of an earlier period may have
    made the payment smaller. `until` is the end of the period; None for a purchase, which has no end.
    """

    order: str
    payment: str
    amount: int
    currency: str
    since: int
    until: int | None = None


class Refunded(msgspec.Struct, frozen=True, kw_only=True):
    """A payment is refunded, in full or in part."""

    reference: str
    at: int
    full: bool


class DisputeOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The payer's bank has taken a payment back until a dispute is decided."""

    reference: str
    dispute: str
    at: int


class DisputeClosed(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute is decided; `won` if the payment stays ours."""

    reference: str
    dispute: str
    at: int
    won: bool


class SubscriptionState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a subscription at a time: whether it will renew, and when it has ended.

    Events of the same second can contradict each other. Then the state is read from the provider: `reading` counts how
    often that was done.
    """

    order: str
    subscription: str
    at: int
    renews: bool
    ended_at: int | None = None
    reading: int = 0


class RenewalFailed(msgspec.Struct, frozen=True, kw_only=True):
    """The period of a subscription that begins at `since` could not be paid. The provider tries again."""

    order: str
    since: int


OfOrder = Paid | SubscriptionState | RenewalFailed
OfPayment = Refunded | DisputeOpened | DisputeClosed
Fact = OfOrder | OfPayment
