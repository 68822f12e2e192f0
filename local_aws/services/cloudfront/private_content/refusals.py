"""The 403 responses of CloudFront to requests for private content.

https://repost.aws/knowledge-center/cloudfront-troubleshoot-signed-url-cookies (the messages for keys)
https://github.com/aws/aws-sdk-js/issues/2236 (a whole response)
"""

from enum import Enum


class Reason(Enum):
    """The code and the message of a 403 response."""

    MISSING_KEY = ("MissingKey", "Missing Key-Pair-Id query parameter or cookie value")
    UNKNOWN_KEY = ("InvalidKey", "Unknown Key")
    MALFORMED_SIGNATURE = ("MalformedSignature", "Could not unencode Signature")
    MALFORMED_POLICY = ("MalformedPolicy", "Malformed Policy")
    ACCESS_DENIED = ("AccessDenied", "Access denied")


class Refused(Exception):
    """CloudFront refuses a request for private content."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason

    @property
    def body(self) -> bytes:
        """The XML body of the 403 response."""
        code, message = self.reason.value
        document = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return f'<?xml version="1.0" encoding="UTF-8"?>{document}'.encode()
