"""The problems by which the API answers the domain's exceptions."""

from chalicelib.blog import errors

from common.errors import Busy, VersionConflict
from common.http.problems import INVALID_FIELD, UNAVAILABLE, ProblemType

PROBLEMS: dict[type[Exception], ProblemType] = {
    errors.InvalidPost: INVALID_FIELD,
    errors.PostNotFound: ProblemType(404, "post-not-found", "The post does not exist"),
    errors.NotHomeRegion: ProblemType(503, "home-elsewhere", "Changes are not possible at the moment"),
    errors.PhotoNotFound: ProblemType(404, "photo-not-found", "The photo does not exist"),
    errors.SubscriptionNotFound: ProblemType(404, "subscription-not-found", "The subscription does not exist"),
    errors.SlugTaken: ProblemType(409, "slug-taken", "Another post has this slug"),
    VersionConflict: ProblemType(412, "version-conflict", "The post has changed"),
    errors.TooManyRequests: ProblemType(429, "too-many-requests", "Too many requests"),
    Busy: UNAVAILABLE,
}
