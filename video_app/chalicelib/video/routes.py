"""The routes of no subject."""

from chalice.app import Response
from chalicelib.video.composition import VideoApp
from chalicelib.video.configuration import Configuration, configuration

from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[VideoApp](public=True)


@routes.route("GET", "/config", summary="Get the configuration for clients", returns={200: ResponseSpec(Configuration)})
def get_config(video_app: VideoApp, request: ApiRequest) -> Response:
    """Returns the names of the user pool and its client, and the endpoint of Cognito."""
    return responses.json(configuration(video_app.settings), {"Cache-Control": "public, max-age=300"})
