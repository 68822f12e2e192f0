"""What can go wrong, one exception per cause."""

from common.errors import InvalidField


class InvalidPost(InvalidField):
    """A field has a value that its type alone does not rule out."""


class PostNotFound(Exception):
    """There is no such post. To readers, one that is not published looks the same."""


class PhotoNotFound(Exception):
    """There is no such photo."""


class NotHomeRegion(Exception):
    """Another region takes the writes."""

    # An operator moves home, which takes at least this long.
    retry_after_seconds = 60


class SlugTaken(Exception):
    """Another post has this slug, or had it once and is still reached by it."""


class SubscriptionNotFound(Exception):
    """The link of a mail leads to no subscription."""


class TooManyRequests(Exception):
    """One network address sends too many requests."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
