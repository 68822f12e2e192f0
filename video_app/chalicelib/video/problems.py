"""The problems by which the API answers the domain's exceptions."""

from chalicelib.video.errors import AddressUnknown, NotEntitled, VideoNotFound, WatchingLimit

from common.errors import Busy, InvalidField
from common.http.problems import INVALID_FIELD, UNAVAILABLE, ProblemType

PROBLEMS: dict[type[Exception], ProblemType] = {
    InvalidField: INVALID_FIELD,
    VideoNotFound: ProblemType(404, "video-not-found", "The video does not exist"),
    NotEntitled: ProblemType(403, "not-entitled", "The video is not paid for"),
    AddressUnknown: ProblemType(403, "address-unknown", "The viewer's IPv4 address is not known"),
    WatchingLimit: ProblemType(429, "watching-limit", "The account watches too much at once"),
    Busy: UNAVAILABLE,
}
