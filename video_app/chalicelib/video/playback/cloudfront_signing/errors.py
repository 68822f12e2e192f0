"""Why something is not signed: one exception for each cause."""


class SigningError(ValueError):
    """The base of all refusals."""


class InvalidKey(SigningError):
    """CloudFront does not take this key, or the key cannot be read."""


class InvalidUrl(SigningError):
    """No client requests the URL in this form, or it has a parameter that CloudFront reserves."""


class InvalidResource(SigningError):
    """The resource of a custom policy is not of the documented form, or it is not limited to one host."""


class InvalidTime(SigningError):
    """A time or a lifetime is not a whole number of seconds, or is out of range."""


class InvalidAddress(SigningError):
    """The address is not an IPv4 address or IPv4 range."""


class InvalidCookieAttribute(SigningError):
    """The path or domain of a cookie has a character that ends the attribute."""
