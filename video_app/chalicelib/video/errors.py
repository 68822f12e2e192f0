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
