"""What can go wrong, one exception per cause."""


class InvalidPost(Exception):
    """A field has a value that its type alone does not rule out."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field} {detail}")
        self.field = field
        self.detail = detail


class PostNotFound(Exception):
    """There is no such post. To readers, one that is not published looks the same."""


class PhotoNotFound(Exception):
    """There is no such photo."""


class HomeElsewhere(Exception):
    """Another region takes the writes."""

    # An operator moves home; that takes no less.
    retry_after_seconds = 60


class SlugTaken(Exception):
    """Another post has this slug, or had it once and is still reached by it."""


class VersionConflict(Exception):
    """The post was changed since the client read it."""


class SubscriptionNotFound(Exception):
    """A link of a mail leads to no subscription."""


class TooManyRequests(Exception):
    """One source asks too often."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Busy(Exception):
    """Too much is being changed at once; the same request may be sent again."""
