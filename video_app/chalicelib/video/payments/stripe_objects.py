"""The objects of Stripe's API, as far as they matter here; all other fields are ignored.

Checked against the classes of Stripe's Python library 16.1, whose forms are those of API_VERSION.
"""

import msgspec

_RENEWING = ("active", "trialing", "past_due")


class Metadata(msgspec.Struct):
    """The key-value pairs that we have set."""

    order: str = ""


class Session(msgspec.Struct):
    """https://docs.stripe.com/api/checkout/sessions/object"""

    mode: str
    payment_status: str
    amount_total: int | None
    currency: str | None
    payment_intent: str | None = None
    metadata: Metadata | None = None


class SubscriptionDetails(msgspec.Struct):
    """The subscription of an invoice."""

    metadata: Metadata | None = None


class InvoiceParent(msgspec.Struct):
    """What has caused an invoice."""

    subscription_details: SubscriptionDetails | None = None


class Period(msgspec.Struct):
    """A period, in seconds since 1970."""

    start: int
    end: int


class Proration(msgspec.Struct):
    """Whether a line is for a part of a period."""

    proration: bool = False


class LineParent(msgspec.Struct):
    """What has caused a line."""

    subscription_item_details: Proration | None = None


class Line(msgspec.Struct):
    """https://docs.stripe.com/api/invoice-line-item/object"""

    amount: int
    currency: str
    period: Period
    parent: LineParent | None = None


class Lines(msgspec.Struct):
    """The first lines of an invoice: https://docs.stripe.com/api/pagination"""

    data: list[Line]


class Invoice(msgspec.Struct):
    """https://docs.stripe.com/api/invoices/object"""

    id: str
    lines: Lines
    parent: InvoiceParent | None = None

    @property
    def order(self) -> str:
        """The order in the metadata of the subscription."""
        details = self.parent.subscription_details if self.parent else None
        return details.metadata.order if details and details.metadata else ""


class Charge(msgspec.Struct):
    """https://docs.stripe.com/api/charges/object"""

    payment_intent: str | None
    refunded: bool


class Dispute(msgspec.Struct):
    """https://docs.stripe.com/api/disputes/object"""

    id: str
    status: str
    payment_intent: str | None = None


class Subscription(msgspec.Struct):
    """https://docs.stripe.com/api/subscriptions/object"""

    id: str
    status: str
    cancel_at_period_end: bool
    cancel_at: int | None = None
    ended_at: int | None = None
    metadata: Metadata | None = None

    @property
    def renews(self) -> bool:
        """Whether its next period will be charged."""
        is_cancelled = self.cancel_at_period_end or self.cancel_at is not None
        return self.status in _RENEWING and not is_cancelled
