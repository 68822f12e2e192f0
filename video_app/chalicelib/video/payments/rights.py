"""The entitlement that follows from a payment record: a pure function, with nothing but the record and the rules.

- A payment gives the right from its start to the end of its period. A purchase has no end.
- A refund in full and a dispute end the right of their payment when they happen; a dispute that is won gives it back.
  A refund in part changes nothing: the viewer keeps what they were partly compensated for.
- While a subscription renews, the right lasts some days longer than the last period, so that a renewal may be paid
  late or by another card. A cancelled subscription lasts until its period ends, and no longer.
- The end of a subscription ends the right at once.
"""

from collections.abc import Iterator

import msgspec
from chalicelib.video.entitlements.model import Entitlement
from chalicelib.video.payments.record import OrderFacts, PaymentRecord

_DAY = 86_400
_FOREVER = float("inf")


class _Span(msgspec.Struct, frozen=True, order=True):
    since: int
    until: float
    order: str


def entitlement(owner: str, what: str, record: PaymentRecord, grace_days: int) -> Entitlement | None:
    """Return the viewer's entitlement; None if nothing was ever paid.

    If the payments leave a gap, it begins after the last one.
    """
    spans = sorted(span for order, facts in record.orders.items() for span in _spans(order, facts, grace_days))
    if not spans:
        return None
    current = spans[0]
    for span in spans[1:]:
        if span.since > current.until:
            current = span
        elif span.until > current.until:
            current = _Span(current.since, span.until, span.order)
    until = None if current.until == _FOREVER else int(current.until)
    return Entitlement(owner=owner, what=what, valid_from=current.since, valid_until=until, source=current.order)


def _spans(order: str, facts: OrderFacts, grace_days: int) -> Iterator[_Span]:
    payments = [payment for payment in facts.payments.values() if payment.since is not None]
    renews = any(subscription.renews for subscription in facts.subscriptions.values())
    ends = [ended for one in facts.subscriptions.values() if (ended := one.ended_at) is not None]
    last = max((payment.until or 0 for payment in payments), default=0)
    for payment in payments:
        grace = grace_days * _DAY if renews and payment.until == last else 0
        until = _FOREVER if payment.until is None else payment.until + grace
        until = min([until, *ends, *([] if payment.cut_at is None else [payment.cut_at])])
        since = payment.since or 0
        yield _Span(since, max(since, until), order)
