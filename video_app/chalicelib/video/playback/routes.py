"""The routes of playback."""

from chalice.app import Response
from chalicelib.video.catalogue.model import VideoId
from chalicelib.video.composition import VideoApp
from chalicelib.video.errors import AddressUnknown, NoSigningKey, NotEntitled, VideoNotFound, WatchingLimit
from chalicelib.video.playback.model import PlayRequest
from chalicelib.video.playback.views import LinkView, NewPlay, link_response

from common.errors import Busy
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes
from common.values import parse

routes = Routes[VideoApp]()


@routes.route(
    "POST",
    "/videos/{video_id}/play",
    summary="Get a link to a video",
    body=NewPlay,
    returns={201: ResponseSpec(LinkView, ("Set-Cookie",))},
    raises=(VideoNotFound, NotEntitled, WatchingLimit, AddressUnknown, NoSigningKey, Busy),
)
def play(video_app: VideoApp, request: ApiRequest, video_id: VideoId, body: NewPlay) -> Response:
    """Issues a link that works for some minutes; ask again before it ends, as long as you watch.

    For HLS the response sets cookies for this video. With `delivery` `url` the link is the URL of one file.
    """
    video_id = parse(video_id, VideoId, VideoNotFound("The video does not exist."))
    address = video_app.viewer_address.of(request.raw) if body.bind_address else None
    asked = PlayRequest(video_id=video_id, delivery=body.delivery, device=body.device, address=address)
    return link_response(video_app.playback.play(request.owner, asked))
