"""The record of all payments for one entitlement, into which facts are merged.

`joined` is commutative, associative and idempotent: late, repeated and out-of-order facts lead to the same record.
Each field takes the earliest time, the latest time, or the newest state; maps are merged key by key.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Dispute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One dispute of a payment; `closed` is when it was decided, and whether it was won."""

    opened_at: int | None = None
    closed: tuple[int, bool] | None = None

    def joined(self, other: "Dispute") -> "Dispute":
        """Merge what is known of the same dispute. The latest decision counts."""
        return Dispute(opened_at=_least(self.opened_at, other.opened_at), closed=_greatest(self.closed, other.closed))

    @property
    def cut_at(self) -> int | None:
        """When it took the payment from us; None if it was won."""
        if self.closed is None:
            return self.opened_at
        closed_at, won = self.closed
        return None if won else _least(self.opened_at, closed_at)


class PaymentFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One payment. `since` is None until it is known to be paid; `until` is None for a purchase without an end."""

    since: int | None = None
    amount: int | None = None
    until: int | None = None
    refunded_at: int | None = None
    disputes: dict[str, Dispute] = {}

    def joined(self, other: "PaymentFacts") -> "PaymentFacts":
        """Merge what is known of the same payment."""
        return PaymentFacts(
            since=_least(self.since, other.since),
            amount=_greatest(self.amount, other.amount),
            until=_greatest(self.until, other.until),
            refunded_at=_least(self.refunded_at, other.refunded_at),
            disputes=_joined(self.disputes, other.disputes, Dispute.joined),
        )

    @property
    def cut_at(self) -> int | None:
        """When the payment was lost by a refund or a dispute; None if we have it."""
        cuts = [self.refunded_at, *(dispute.cut_at for dispute in self.disputes.values())]
        return min((cut for cut in cuts if cut is not None), default=None)


class SubscriptionFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One subscription. `state` is the newest that is known: (time, number of the reading, whether it has stopped).

    Of two states of the same second the one that was read later counts, and otherwise the one that stops.
    """

    state: tuple[int, int, bool] | None = None
    ended_at: int | None = None

    def joined(self, other: "SubscriptionFacts") -> "SubscriptionFacts":
        """Merge what is known of the same subscription. Its end is final."""
        return SubscriptionFacts(
            state=_greatest(self.state, other.state), ended_at=_least(self.ended_at, other.ended_at)
        )

    @property
    def renews(self) -> bool:
        """Whether the next period will be asked for."""
        return self.state is not None and not self.state[2] and self.ended_at is None

    def contradicts(self, at: int, renews: bool) -> bool:
        """Whether another state is known of the same second."""
        return self.state is not None and self.state[0] == at and self.state[2] == renews


class OrderFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one order; `failed_since` is the start of the last period that could not be paid at once."""

    payments: dict[str, PaymentFacts] = {}
    subscriptions: dict[str, SubscriptionFacts] = {}
    failed_since: int | None = None

    def joined(self, other: "OrderFacts") -> "OrderFacts":
        """Merge what is known of the same order."""
        return OrderFacts(
            payments=_joined(self.payments, other.payments, PaymentFacts.joined),
            subscriptions=_joined(self.subscriptions, other.subscriptions, SubscriptionFacts.joined),
            failed_since=_greatest(self.failed_since, other.failed_since),
        )


class PaymentRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All orders for one entitlement of one viewer, by the orders' ids."""

    orders: dict[str, OrderFacts] = {}

    def joined(self, other: "PaymentRecord") -> "PaymentRecord":
        """Merge two records of the same entitlement."""
        return PaymentRecord(orders=_joined(self.orders, other.orders, OrderFacts.joined))


def _joined(one: Mapping[str, T], other: Mapping[str, T], join: Callable[[T, T], T]) -> dict[str, T]:
    both = {key: join(one[key], other[key]) for key in one.keys() & other.keys()}
    return dict(sorted({**one, **other, **both}.items()))


Ordered = TypeVar("Ordered", int, tuple[int, bool], tuple[int, int, bool])


def _least(one: Ordered | None, other: Ordered | None) -> Ordered | None:
    return other if one is None else one if other is None else min(one, other)


def _greatest(one: Ordered | None, other: Ordered | None) -> Ordered | None:
    return other if one is None else one if other is None else max(one, other)
