"""The problems by which the API answers the domain's exceptions."""

from chalicelib.blog import errors

from common.errors import Busy, VersionConflict
from common.http.problems import INVALID_FIELD, UNAVAILABLE, ProblemType

PROBLEMS: dict[type[Exception], ProblemType] = {
    errors.InvalidPost: INVALID_FIELD,
    errors.PostNotFound: ProblemType(404, "post-not-found", "There is no such post"),
    errors.NotHomeRegion: ProblemType(503, "home-elsewhere", "Writing is not possible just now"),
    errors.PhotoNotFound: ProblemType(404, "photo-not-found", "There is no such photo"),
    errors.SubscriptionNotFound: ProblemType(404, "subscription-not-found", "There is no such subscription"),
    errors.SlugTaken: ProblemType(409, "slug-taken", "Another post has this address"),
    VersionConflict: ProblemType(412, "version-conflict", "The post was changed in the meantime"),
    errors.TooManyRequests: ProblemType(429, "too-many-requests", "Too many requests"),
    Busy: UNAVAILABLE,
}
