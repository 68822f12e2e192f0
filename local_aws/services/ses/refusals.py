"""Why SES does not take a call."""


class Refusal(Exception):
    """A call that SES refuses: the name of its error, what it says, and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def bad_request(message: str) -> Refusal:
    """A call that is wrong in itself."""
    return Refusal("BadRequestException", message)


def not_found(message: str) -> Refusal:
    """A call about something that is not there."""
    return Refusal("NotFoundException", message, 404)
