"""The routes of the catalogue, which everybody may read."""

from chalice.app import Response
from chalicelib.video.catalogue.model import VideoId
from chalicelib.video.catalogue.views import DEFAULT_LIMIT, CatalogueQuery, VideoList, VideoView
from chalicelib.video.composition import VideoApp
from chalicelib.video.errors import VideoNotFound

from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes
from common.values import parse

routes = Routes[VideoApp](public=True)


@routes.route(
    "GET",
    "/videos",
    summary="List the videos",
    query=CatalogueQuery,
    returns={200: ResponseSpec(VideoList, ("Link",))},
)
def list_videos(video_app: VideoApp, request: ApiRequest, query: CatalogueQuery) -> Response:
    """Returns a page of the catalogue, newest first. If there are more, `Link` has the address of the next page."""
    after = video_app.catalogue_views.position(query)
    return video_app.catalogue_views.page(query, video_app.catalogue.page(query.limit or DEFAULT_LIMIT, after))


@routes.route(
    "GET",
    "/videos/{video_id}",
    summary="Get a video",
    returns={200: ResponseSpec(VideoView)},
    raises=(VideoNotFound,),
)
def get_video(video_app: VideoApp, request: ApiRequest, video_id: VideoId) -> Response:
    """Returns what is known of a video, with the addresses of its poster and its preview."""
    video_id = parse(video_id, VideoId, VideoNotFound("The video does not exist."))
    return video_app.catalogue_views.one(request, video_app.catalogue.get(video_id))
