"""The domain's exceptions, one for each cause."""

from common.errors import InvalidField, TryAgain


class InvalidPost(InvalidField):
    """A field of a post has a value that is not valid, though its type allows it."""


class PostNotFound(Exception):
    """The post does not exist. For readers, a post that is not published counts as absent, too."""


class PhotoNotFound(Exception):
    """The photo does not exist."""


class NotHomeRegion(TryAgain):
    """Another region takes the writes."""

    # An operator moves home, which takes at least this long.
    retry_after_seconds = 60


class SlugTaken(Exception):
    """Another post has this slug, or had it before and is still found by it."""


class SubscriptionNotFound(Exception):
    """The link of a mail leads to no subscription."""


class TooManyRequests(Exception):
    """One network address sends too many requests."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
