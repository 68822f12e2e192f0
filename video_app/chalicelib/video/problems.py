"""The problems by which the API answers the domain's exceptions."""

from chalicelib.video.errors import (
    AddressUnknown,
    AlreadyPaid,
    EventTooLarge,
    InvalidSignature,
    KeyReused,
    MalformedEvent,
    NoSigningKey,
    NotEntitled,
    NotJson,
    NotUpgradable,
    OrderNotFound,
    PaymentDeclined,
    ProviderUnavailable,
    SubscriptionNotFound,
    VideoNotFound,
    WatchingLimit,
)

from common.errors import Busy, InvalidField
from common.http.problems import (
    BODY_TOO_LARGE,
    INVALID_FIELD,
    MALFORMED_BODY,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)

PROBLEMS: dict[type[Exception], ProblemType] = {
    InvalidField: INVALID_FIELD,
    VideoNotFound: ProblemType(404, "video-not-found", "The video does not exist"),
    NotEntitled: ProblemType(403, "not-entitled", "The video is not paid for"),
    AddressUnknown: ProblemType(403, "address-unknown", "The viewer's IPv4 address is not known"),
    WatchingLimit: ProblemType(429, "watching-limit", "The account watches too much at once"),
    OrderNotFound: ProblemType(404, "order-not-found", "The order does not exist"),
    AlreadyPaid: ProblemType(409, "already-paid", "This is paid for already"),
    KeyReused: ProblemType(422, "idempotency-key-reused", "The idempotency key was used with another body"),
    SubscriptionNotFound: ProblemType(404, "subscription-not-found", "There is no subscription"),
    NotUpgradable: ProblemType(409, "not-upgradable", "The subscription is for a year already"),
    PaymentDeclined: ProblemType(402, "payment-declined", "The payment was declined"),
    ProviderUnavailable: UNAVAILABLE,
    InvalidSignature: ProblemType(400, "invalid-signature", "The event is not signed as agreed"),
    MalformedEvent: MALFORMED_BODY,
    EventTooLarge: BODY_TOO_LARGE,
    NotJson: UNSUPPORTED_MEDIA_TYPE,
    Busy: UNAVAILABLE,
    NoSigningKey: UNAVAILABLE,
}
