"""Apply what the records of the queue of payment events say.

A record that can never be applied becomes a dead letter at once, with its reason. One that may be applied later fails,
and so do the later ones of its group, so that SQS delivers them again in their order.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.video.errors import UnusableEvent
from chalicelib.video.payments.ports import PaymentEvent

from common.runtime.batches import Batch

if TYPE_CHECKING:
    from chalicelib.video.payments.applying import PaymentEvents


def apply_all(batch: Batch, read: Callable[[bytes], PaymentEvent], events: "PaymentEvents") -> None:
    """Apply a batch; the body of a record is as the provider has sent it."""

    def refusal(event: PaymentEvent) -> str | None:
        try:
            events.apply(event)
        except UnusableEvent as error:
            return f"{event.id}: {error}"
        return None

    for record, event in batch.read(lambda record: read(record["body"].encode())):
        if reason := batch.handle(record, refusal, event):
            batch.give_up(record, reason)
