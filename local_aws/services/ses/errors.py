"""The errors of SES."""


class SesError(Exception):
    """SES refuses a request: the error's name, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def bad_request(message: str) -> SesError:
    """The error of an invalid request."""
    return SesError("BadRequestException", message)


def not_found(message: str) -> SesError:
    """The error of a request for a missing resource."""
    return SesError("NotFoundException", message, 404)
