"""Exceptions of every app's domain, one for each cause."""


class InvalidField(Exception):
    """A field has a value that is not valid, though its type allows it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field} {detail}")
        self.field = field
        self.detail = detail


class VersionConflict(Exception):
    """The resource was changed since the client read it."""


class TryAgain(Exception):
    """The same call is expected to succeed later. Nothing is wrong with the code or with what it was called with."""


class Busy(TryAgain):
    """Too much is being changed at once, or there was not enough time; the client can send the same request again."""


class Refused(Exception):
    """A service refuses the content of a request, and would refuse it again."""
