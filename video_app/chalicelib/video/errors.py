"""The domain's exceptions, one for each cause."""


class VideoNotFound(Exception):
    """There is no such video, or its content is not complete yet."""


class NotEntitled(Exception):
    """The viewer may not watch this video: it is not paid for, or no longer."""


class WatchingLimit(Exception):
    """The viewer watches on as many devices at once as allowed, or has asked for too many links."""

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class AddressUnknown(Exception):
    """A link was to be bound to the viewer's IPv4 address, and there is none that can be trusted."""


class NoSigningKey(Exception):
    """There is no key to sign links with yet: the deployment is not complete."""


class OrderNotFound(Exception):
    """The viewer has no such order."""


class AlreadyPaid(Exception):
    """The viewer has this video, or a subscription that has not ended."""


class KeyReused(Exception):
    """An idempotency key was used before with another body."""


class SubscriptionNotFound(Exception):
    """The viewer has no subscription, or it has ended."""


class NotUpgradable(Exception):
    """The subscription is charged for a year already."""


class PaymentDeclined(Exception):
    """The viewer's bank or card has declined a payment."""


class ProviderUnavailable(Exception):
    """The payment provider does not answer, or is busy; the same request may succeed later."""


class InvalidSignature(Exception):
    """An event is not signed by the payment provider, or not now."""


class MalformedEvent(Exception):
    """A signed event does not have the form that was agreed upon."""


class EventTooLarge(Exception):
    """An event is larger than a message may be."""


class NotJson(Exception):
    """An event is not sent as JSON."""


class UnusableEvent(Exception):
    """A signed event can never give an entitlement; the text says why."""
