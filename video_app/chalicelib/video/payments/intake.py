"""The use case of the webhook: a signed event is kept before it is acknowledged."""

from chalicelib.video.errors import EventTooLarge
from chalicelib.video.payments.ports import EventQueue, EventVerifier

# SQS's limit was this for many years, and is 1 MiB since 2025: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
# The provider's events have a few KB.
MAX_BYTES = 256 * 1024


class EventIntake:
    """Takes in the provider's events."""

    def __init__(self, verifier: EventVerifier, queue: EventQueue) -> None:
        self._verifier = verifier
        self._queue = queue

    def receive(self, body: bytes, signature: str | None) -> None:
        """Check an event and put it into the queue. Events that say nothing that matters are dropped.

        Raises
        ------
        EventTooLarge, InvalidSignature, MalformedEvent
        """
        if len(body) > MAX_BYTES:
            raise EventTooLarge(f"An event can have at most {MAX_BYTES} bytes.")
        event = self._verifier.verified(body, signature)
        if event.is_used:
            self._queue.put(event, body)
