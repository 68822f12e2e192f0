"""The problems by which the API answers the domain's exceptions."""

from chalicelib.blog import errors

from common.errors import Busy, VersionConflict
from common.http.problems import INVALID_FIELD, UNAVAILABLE, ProblemType

# For users who are not authors. The distribution replaces every 403 by the page for absent addresses, because a bucket
# that it may not list responds with 403 for an absent object. So this is 404, which RFC 9110 allows in place of 403
# (https://www.rfc-editor.org/rfc/rfc9110#section-15.5.4).
AUTHORS_ONLY = ProblemType(404, "authors-only", "Only authors find a resource at this address")

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
